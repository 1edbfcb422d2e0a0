import { agreeing } from "../statistics/agreeing.ts";
import { betaBinomial } from "../statistics/beta-binomial.ts";
import { type Conversions, rateIntervals } from "../statistics/index.ts";
import { permuteConversions } from "../statistics/permute-conversions.ts";
import { twoProportions } from "../statistics/two-proportions.ts";
import { boundsOf, finite } from "./bounds.ts";
import type { Comparison } from "./comparison.ts";

/** A comparison by the one test that a plan allows. */
export type SingleLook = Omit<Comparison, "group" | "control" | "adjustedP" | "alwaysValid">;

/** Compares the rate of a group with that of the control, at level alpha. */
export function compareRates(a: Conversions, b: Conversions, alpha: number): SingleLook {
  const { pooled, difference, lift } = twoProportions({ a, b, alpha });
  const { scoreMee, liftKoopman, liftStatus } = rateIntervals({ a, b, alpha });
  const exact = pooled.status === "small_counts" ? permuteConversions({ a, b }) : null;
  const pValue = exact ? exact.pTwoSided : pooled.pValue;
  const log10P = exact ? exact.log10PTwoSided : pooled.log10P;
  /**
   * The score interval has the differences that the z test does not reject. Where the exact test decides about 0, the
   * interval ends at 0 or beyond as that one says: what it rejects, it rejects even more on the far side of 0.
   */
  const decided = (interval: readonly [number, number] | null) =>
    interval && exact && pValue !== null ? agreeing(interval, difference ?? 0, pValue < alpha) : interval;
  return {
    status: pooled.status === "small_counts" ? "ok" : pooled.status,
    difference: finite(difference),
    differenceInterval: boundsOf(decided(scoreMee)),
    lift: finite(lift),
    liftInterval: boundsOf(decided(liftKoopman)),
    liftStatus: liftStatus === "treatment_zero" ? "ok" : liftStatus,
    test: pValue === null ? null : exact ? "permutation" : "z",
    pValue: finite(pValue),
    log10P: finite(log10P),
    permutations: null,
    chanceToBeatControl: a.n === 0 || b.n === 0 ? null : finite(betaBinomial({ a, b }).chanceBBeatsA),
  };
}
