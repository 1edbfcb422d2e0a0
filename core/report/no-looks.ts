import type { Looks, NoNumber } from "./comparison.ts";

const NOTHING = { pValue: null, log10P: null, liftInterval: null, differenceInterval: null };

/** The looks of groups that must not be compared: no p-value, no interval, no lift. */
export function noLooks(status: NoNumber): Looks {
  return {
    estimate: { difference: null, lift: null },
    single: () => ({
      status,
      ...NOTHING,
      difference: null,
      lift: null,
      liftStatus: "no_data",
      test: null,
      method: null,
      permutations: null,
      skewness: null,
      devicesUntilNormal: null,
      varianceReduction: null,
      chanceToBeatControl: null,
    }),
    live: () => ({ status, kind: "exact", ...NOTHING }),
  };
}
