import fc from "fast-check";
import type { Conversions } from "../../../core/statistics/index.ts";

/** Groups of any size, with rates over the whole range and often at its ends. */
export function conversionsOf(most: number, fewest = 1): fc.Arbitrary<Conversions> {
  const n = fc.oneof(fc.integer({ min: fewest, max: 60 }), fc.integer({ min: fewest, max: most }));
  const few = fc.integer({ min: 0, max: 5 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  return fc
    .record({ n, few, share, kind: fc.constantFrom("few", "all but few", "share") })
    .map(({ n, few, share, kind }) => {
      const conversions = kind === "share" ? Math.round(n * share) : kind === "few" ? few : n - few;
      return { n, conversions: Math.max(0, Math.min(n, conversions)) };
    });
}
