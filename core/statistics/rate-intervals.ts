import { type Conversions, rateDifference, rateLift, requireConversions } from "./conversions.ts";
import { newcombe } from "./newcombe.ts";
import { normalQuantile } from "./normal.ts";
import { requireAlpha } from "./require.ts";
import { scoreDifference } from "./score-difference.ts";
import { scoreLift } from "./score-ratio.ts";
import { pooledTest, varianceOfRate } from "./two-proportions.ts";
import { type WilsonResult, wilsonEnds } from "./wilson.ts";

export interface RateIntervalsInput {
  /** The control. */
  readonly a: Conversions;
  readonly b: Conversions;
  /** Each interval covers its true value with probability 1 − alpha; above 0 and below 1. */
  readonly alpha: number;
}

export type Interval = readonly [lower: number, upper: number];

export interface RateIntervalsResult {
  readonly status: "ok" | "no_data";
  /** Wilson's interval of each group's rate; null for a group without devices. */
  readonly wilsonA: WilsonResult;
  readonly wilsonB: WilsonResult;
  /** rate B − rate A, −1 to 1, as are its intervals. */
  readonly difference: number | null;
  /** To show: it excludes 0 exactly when `twoProportions` has a pooled p below alpha. */
  readonly scoreMee: Interval | null;
  readonly scoreMiettinenNurminen: Interval | null;
  readonly newcombe: Interval | null;
  /** rate B / rate A − 1; null at rate A 0. */
  readonly lift: number | null;
  /**
   * The interval to show: it excludes 0 exactly when `scoreMee` does. Its upper end is Infinity at
   * rate A 0.
   */
  readonly liftKoopman: Interval | null;
  /** Null unless both groups have conversions. */
  readonly liftKatzLog: Interval | null;
  readonly liftDelta: Interval | null;
  /** `baseline_zero`: no conversion in A. `treatment_zero`: conversions in A but not in B. */
  readonly liftStatus: "ok" | "baseline_zero" | "treatment_zero" | "no_data";
}

const NO_DATA = {
  status: "no_data",
  difference: null,
  scoreMee: null,
  scoreMiettinenNurminen: null,
  newcombe: null,
  lift: null,
  liftKoopman: null,
  liftKatzLog: null,
  liftDelta: null,
  liftStatus: "no_data",
} as const;

/**
 * Intervals of the difference between two conversion rates, absolute and relative (lift). The two
 * to show come from the same score test as the pooled p-value of `twoProportions`, so that the
 * three cannot contradict each other. The others are well known but can.
 *
 * Source: Wilson 1927; Mee 1984; Miettinen & Nurminen 1985; Newcombe 1998 (method 10); Koopman
 * 1984; Katz et al. 1978.
 *
 * @throws RangeError if n is not a whole number from 0 to 10^12, conversions not one from 0 to n,
 * or alpha not between 0 and 1
 * @example
 * const [a, b] = [{ n: 34, conversions: 1 }, { n: 34, conversions: 7 }];
 * const { scoreMee } = rateIntervals({ a, b, alpha: 0.05 });
 *  // [0.0284, 0.3439]
 */
export function rateIntervals({ a, b, alpha }: RateIntervalsInput): RateIntervalsResult {
  requireConversions("a", a);
  requireConversions("b", b);
  requireAlpha(alpha);
  const z = normalQuantile(alpha / 2);
  const z2 = z * z;
  const wilsonA = a.n === 0 ? null : wilsonEnds(a, z2);
  const wilsonB = b.n === 0 ? null : wilsonEnds(b, z2);
  if (wilsonA === null || wilsonB === null) return { ...NO_DATA, wilsonA, wilsonB };
  const { pValue, chi2 } = pooledTest(a, b);
  const rejects = pValue !== null && pValue < alpha;
  const inflated = z2 * ((a.n + b.n) / (a.n + b.n - 1));
  const lift = rateLift(a, b);
  return {
    status: "ok",
    wilsonA,
    wilsonB,
    difference: rateDifference(a, b),
    scoreMee: scoreDifference(a, b, z2, rejects),
    scoreMiettinenNurminen: scoreDifference(a, b, inflated, (chi2 ?? 0) > inflated),
    newcombe: newcombe(a, b, z2),
    lift,
    liftKoopman: a.conversions + b.conversions === 0 ? null : scoreLift(a, b, z2, rejects),
    liftKatzLog: a.conversions === 0 || b.conversions === 0 || lift === null ? null : katzLog(a, b, lift, z),
    liftDelta: lift === null ? null : deltaMethod(a, b, lift, z),
    liftStatus: lift === null ? "baseline_zero" : b.conversions === 0 ? "treatment_zero" : "ok",
  };
}

function katzLog(a: Conversions, b: Conversions, lift: number, z: number): Interval {
  const reach =
    z * Math.sqrt((a.n - a.conversions) / a.conversions / a.n + (b.n - b.conversions) / b.conversions / b.n);
  // (1 + lift) exp(±reach) − 1, without subtracting 1 from a number near 1.
  return [lift + (1 + lift) * Math.expm1(-reach), lift + (1 + lift) * Math.expm1(reach)];
}

function deltaMethod(a: Conversions, b: Conversions, lift: number, z: number): Interval {
  const rateA = a.conversions / a.n;
  const reach = (z * Math.sqrt(varianceOfRate(b) + (1 + lift) ** 2 * varianceOfRate(a))) / rateA;
  return [lift - reach, lift + reach];
}
