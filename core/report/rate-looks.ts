import { agreeing } from "../statistics/agreeing.ts";
import { betaBinomial } from "../statistics/beta-binomial.ts";
import { type Conversions, rateIntervals } from "../statistics/index.ts";
import { permuteConversions } from "../statistics/permute-conversions.ts";
import { rateEvidence } from "../statistics/rate-evidence.ts";
import { twoProportions } from "../statistics/two-proportions.ts";
import { boundsOf, finite } from "./bounds.ts";
import type { Evidence, Looks, SingleLook } from "./comparison.ts";

/** Tuning of sequential evidence: the deciding level, and devices of both groups together. */
export interface Tuning {
  readonly alpha: number;
  readonly devices: number;
}

/**
 * Compares the rate of a group with that of the control.
 *
 * @param weights of the control and the group; null if they differ between devices
 */
export function rateLooks(
  a: Conversions,
  b: Conversions,
  weights: readonly [number, number] | null,
  tuning: Tuning,
): Looks {
  const { pooled, difference, lift } = twoProportions({ a, b, alpha: tuning.alpha });
  const exact = pooled.status === "small_counts" ? permuteConversions({ a, b }) : null;
  const pValue = exact ? exact.pTwoSided : pooled.pValue;
  const log10P = exact ? exact.log10PTwoSided : pooled.log10P;
  const single = (alpha: number): SingleLook => {
    const { scoreMee, liftKoopman, liftStatus } = rateIntervals({ a, b, alpha });
    /**
     * The score interval holds the differences that the z test does not reject. Where the exact
     * test decides about 0 instead, clip the interval at 0 to agree with it: a test that rejects 0
     * rejects the values beyond it too.
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
      method: null,
      pValue: finite(pValue),
      log10P: finite(log10P),
      permutations: null,
      skewness: null,
      devicesUntilNormal: null,
      varianceReduction: null,
      chanceToBeatControl: a.n === 0 || b.n === 0 ? null : finite(betaBinomial({ a, b }).chanceBBeatsA),
    };
  };
  const live = (alpha: number): Evidence => {
    const evidence = rateEvidence({
      a,
      b,
      weights: weights && Math.min(...weights) > 0 ? weights : null,
      alpha,
      tuningN: tuning.devices,
      tuningAlpha: tuning.alpha,
    });
    return {
      status: evidence.status,
      kind: evidence.basis,
      pValue: finite(evidence.pValue),
      log10P: finite(evidence.log10P),
      liftInterval: boundsOf(evidence.liftInterval),
      differenceInterval: boundsOf(evidence.differenceInterval),
    };
  };
  return { estimate: { difference: finite(difference), lift: finite(lift) }, single, live };
}
