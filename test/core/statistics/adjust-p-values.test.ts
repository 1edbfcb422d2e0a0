import fc from "fast-check";
import { expect, test } from "vitest";
import { type AdjustPValuesInput, adjustPValues } from "../../../core/statistics/index.ts";
import { expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_6, numRuns: 500 });

test.each(goldenRows<AdjustPValuesInput>("holm_bh.json"))("%s", (_, { input, expected }) => {
  expectGolden(adjustPValues(input), expected, 1e-12);
});

const p = fc.double({ min: 0, max: 1, noNaN: true });
const family = fc.array(p, { maxLength: 12 });
const alpha = 0.05;

test("agrees with the definitions written out", () => {
  fc.assert(
    fc.property(family, (pValues) => {
      const sorted = pValues.toSorted((a, b) => a - b);
      const m = pValues.length;
      const holm = pValues.map((own) => Math.min(1, Math.max(...sorted.map((q, i) => (q <= own ? (m - i) * q : 0)))));
      const bh = pValues.map((own) => Math.min(1, ...sorted.map((q, i) => (q >= own ? (m * q) / (i + 1) : 1))));
      expectGolden(adjustPValues({ pValues, alpha }), { holm, bh }, 1e-12);
    }),
  );
});

test("never makes a p-value smaller, and Holm is never below Benjamini–Hochberg", () => {
  fc.assert(
    fc.property(family, (pValues) => {
      const { holm, bh } = adjustPValues({ pValues, alpha });
      for (const [i, own] of pValues.entries()) {
        expect(bh[i]).toBeGreaterThanOrEqual(own * (1 - 1e-15));
        expect(holm[i]).toBeGreaterThanOrEqual((bh[i] ?? 1) * (1 - 1e-15));
        expect(holm[i]).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("answers in the order of the input, whatever that is, and a null changes nothing for the others", () => {
  fc.assert(
    fc.property(family, (pValues) => {
      const { holm, bh, holmRejected, bhRejected } = adjustPValues({ pValues, alpha });
      expect(adjustPValues({ pValues: [null, ...pValues.toReversed()], alpha })).toEqual({
        holm: [null, ...holm.toReversed()],
        bh: [null, ...bh.toReversed()],
        holmRejected: [null, ...holmRejected.toReversed()],
        bhRejected: [null, ...bhRejected.toReversed()],
      });
    }),
  );
});

test("rejects when the adjusted value is alpha exactly", () => {
  expect(adjustPValues({ pValues: [0.025, 0.5], alpha: 0.05 }).holmRejected).toEqual([true, false]);
});

test.each<[AdjustPValuesInput, string]>([
  [{ pValues: [0.1, 1.1], alpha }, "pValues[1] is 1.1"],
  [{ pValues: [-0.1], alpha }, "pValues[0] is -0.1"],
  [{ pValues: [null, Number.NaN], alpha }, "pValues[1] is NaN"],
  [{ pValues: [0.1], alpha: 0 }, "alpha is 0"],
  [{ pValues: [0.1], alpha: 1 }, "alpha is 1"],
  [{ pValues: [], alpha: Number.NaN }, "alpha is NaN"],
])("refuses %j", (input, message) => {
  expect(() => adjustPValues(input)).toThrow(RangeError);
  expect(() => adjustPValues(input)).toThrow(message);
});
