import { agreeing } from "../statistics/agreeing.ts";
import { liftIntervals } from "../statistics/lift-intervals.ts";
import { permuteValues } from "../statistics/permute-values.ts";
import { tQuantile } from "../statistics/t.ts";
import { welch } from "../statistics/welch.ts";
import { meanAndVariance, type Sums } from "../sums.ts";
import { boundsOf, finite } from "./bounds.ts";
import type { SingleLook } from "./compare-rates.ts";

/** Fewer totals that are not 0 have a mean that is far from normal. */
const FEW_TOTALS = 100;

/** Placing a value is a step; so many take about a quarter of a second, for which a server does nothing else. */
const MOST_STEPS = 2e7;
const MOST_DRAWS = 9_999;
/** Arbitrary: the least with which p < 0.01 can be said. */
const LEAST_DRAWS = 199;

/** Whether a group has so few totals that are not 0 that nothing should be assumed of their mean. */
export function isFew({ sample }: Sums): boolean {
  return sample !== null && sample.length < FEW_TOTALS;
}

/**
 * Compares a group's total per device with the control's, at level alpha. While one of them has few totals that are not 0,
 * the permutation test decides about 0, and the intervals of Welch's test end as that one says.
 *
 * @param unit how many units of the sums make one of the result
 * @param share of `MOST_STEPS` that random permutations may take; what was drawn is in the result
 */
export function compareMeans(a: Sums, b: Sums, unit: number, alpha: number, share: number): SingleLook {
  const [ofA, ofB] = [meanAndVariance(a, unit), meanAndVariance(b, unit)];
  const { status, difference, df, pValue, log10P, ciLower, ciUpper } = welch({ a: ofA, b: ofB, alpha });
  const hasDevices = a.n > 0 && b.n > 0;
  const permuted = hasDevices ? permutation(a, b, share) : null;
  const p = permuted ? permuted.pTwoSided : pValue;
  const rejects = p !== null && p < alpha && difference !== 0;
  const interval = ciLower === null || ciUpper === null ? null : ([ciLower, ciUpper] as const);
  const errorOf = ({ n, variance }: typeof ofA) => Math.sqrt((variance ?? 0) / n);
  const lift =
    difference === null || df === null
      ? null
      : liftIntervals(
          { value: ofA.mean, standardError: errorOf(ofA) },
          { value: ofB.mean, standardError: errorOf(ofB) },
          difference,
          tQuantile(alpha / 2, df),
          rejects,
        );
  return {
    status: !hasDevices ? "no_data" : permuted ? "ok" : status,
    difference: hasDevices ? finite(difference) : null,
    differenceInterval: boundsOf(interval && permuted ? agreeing(interval, difference ?? 0, rejects) : interval),
    lift: finite(lift?.lift ?? (difference === null || ofA.mean === 0 ? null : difference / ofA.mean)),
    liftInterval: boundsOf(lift?.liftFieller ?? null),
    liftStatus: liftStatusOf(hasDevices, ofA.mean, lift?.liftStatus ?? "ok"),
    test: p === null ? null : permuted ? "permutation" : "welch",
    pValue: finite(p),
    log10P: finite(permuted ? permuted.log10PTwoSided : log10P),
    permutations:
      permuted?.exactPLower99 == null || permuted.exactPUpper99 === null
        ? null
        : { drawn: permuted.permutations, p99: [permuted.exactPLower99, permuted.exactPUpper99] },
    chanceToBeatControl: null,
  };
}

function liftStatusOf(hasDevices: boolean, baseline: number, status: string): SingleLook["liftStatus"] {
  if (!hasDevices) return "no_data";
  if (baseline === 0) return "baseline_zero";
  return status === "baseline_not_separated_from_zero" ? "baseline_near_zero" : "ok";
}

/** The permutation test of all devices' totals; null where it need not be, or a group has too many to be told. */
function permutation(a: Sums, b: Sums, share: number) {
  if (!(isFew(a) || isFew(b)) || a.sample === null || b.sample === null) return null;
  const listed = (sample: readonly bigint[], n: number) => ({ values: sample.map(Number), zeros: n - sample.length });
  const steps = Math.max(1, a.sample.length + b.sample.length);
  const draws = Math.min(MOST_DRAWS, Math.max(LEAST_DRAWS, Math.floor((share * MOST_STEPS) / steps)));
  return permuteValues({ a: listed(a.sample, a.n), b: listed(b.sample, b.n), draws });
}
