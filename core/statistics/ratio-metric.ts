import { agreeing } from "./agreeing.ts";
import { type Estimate, type LiftIntervals, liftIntervals, NO_LIFT } from "./lift-intervals.ts";
import { normalQuantile } from "./normal.ts";
import { type RatioSample, ratioEstimate } from "./ratio-sample.ts";
import { reject, requireAlpha } from "./require.ts";
import { type Sample, twoMoments } from "./sample.ts";
import { twoSided } from "./two-proportions.ts";

export interface RatioInput {
  readonly kind: "ratio";
  /** The control. */
  readonly a: RatioSample;
  readonly b: RatioSample;
  /** Each interval covers its true value with probability 1 − alpha; above 0 and below 1. */
  readonly alpha: number;
}

export interface MeanInput {
  readonly kind: "mean";
  readonly a: Sample;
  readonly b: Sample;
  readonly alpha: number;
}

export type RatioMetricInput = RatioInput | MeanInput;

export interface RatioResult extends LiftIntervals {
  /**
   * `insufficient_data`: a group has fewer than two devices. `no_denominator`: a group's
   * denominators add up to 0. `no_variance`: both ratios are equal and do not vary, so p is exactly
   * 1. `zero_variance`: the ratios differ but do not vary, so there is no standard error.
   */
  readonly status: "ok" | "insufficient_data" | "no_denominator" | "no_variance" | "zero_variance";
  /** Sum of the numerators over sum of the denominators, and the square of its standard error. */
  readonly ratioA: number | null;
  readonly varRatioA: number | null;
  readonly ratioB: number | null;
  readonly varRatioB: number | null;
  /** ratioB − ratioA. */
  readonly difference: number | null;
  readonly z: number | null;
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** The interval excludes 0 exactly when p is below alpha; so does `liftFieller`. */
  readonly ciLower: number | null;
  readonly ciUpper: number | null;
}

export interface MeanLiftResult extends LiftIntervals {
  readonly status: "ok" | "insufficient_data";
}

/**
 * Compares two groups on a ratio of two sums, such as clicks per view, with devices as the unit of
 * assignment. A device counts once and its views are not independent, so the variance is that of
 * the delta method over devices. `kind: "mean"` gives the lift of two means, whose test is `welch`.
 *
 * Source: A. Deng, U. Knoblich, J. Lu 2018, "Applying the Delta Method in Metric Analytics"; E. C.
 * Fieller 1954.
 *
 * @throws RangeError naming the field, its value and what is allowed
 * @example
 * const a = { numerators: [0, 1, 2], denominators: [1, 2, 2] };
 * const b = { numerators: [1, 1, 2], denominators: [1, 2, 2] };
 * ratioMetric({ kind: "ratio", a, b, alpha: 0.05 }).difference // 0.2
 */
export function ratioMetric(input: RatioInput): RatioResult;
export function ratioMetric(input: MeanInput): MeanLiftResult;
export function ratioMetric(input: RatioMetricInput): RatioResult | MeanLiftResult;
export function ratioMetric(input: RatioMetricInput): RatioResult | MeanLiftResult {
  requireAlpha(input.alpha);
  switch (input.kind) {
    case "ratio":
      return compareRatios(input);
    case "mean":
      return compareMeans(input);
    default:
      return reject("kind", (input as { kind: unknown }).kind, "ratio and mean");
  }
}

function compareRatios({ a, b, alpha }: RatioInput): RatioResult {
  const [ofA, ofB] = [ratioEstimate("a", a), ratioEstimate("b", b)];
  const none = {
    ratioA: ofA.ratio,
    varRatioA: ofA.variance,
    ratioB: ofB.ratio,
    varRatioB: ofB.variance,
    difference: ofA.ratio === null || ofB.ratio === null ? null : ofB.ratio - ofA.ratio,
    z: null,
    pValue: null,
    log10P: null,
    ciLower: null,
    ciUpper: null,
  };
  if (ofA.n < 2 || ofB.n < 2) return { ...none, ...NO_LIFT, status: "insufficient_data" };
  const [estimateA, estimateB] = [estimateOf(ofA), estimateOf(ofB)];
  const { difference } = none;
  if (estimateA === null || estimateB === null || difference === null) {
    return { ...none, ...NO_LIFT, status: "no_denominator" };
  }
  const critical = normalQuantile(alpha / 2);
  const standardError = Math.hypot(estimateA.standardError, estimateB.standardError);
  if (standardError === 0) {
    const lift = liftIntervals(estimateA, estimateB, difference, critical, difference !== 0);
    if (difference !== 0) return { ...none, ...lift, status: "zero_variance" };
    return { ...none, ...lift, status: "no_variance", z: 0, pValue: 1, log10P: 0, ciLower: 0, ciUpper: 0 };
  }
  const z = difference / standardError;
  const p = twoSided(z);
  const rejects = p.pValue < alpha;
  const halfWidth = critical * standardError;
  const [ciLower, ciUpper] = agreeing([difference - halfWidth, difference + halfWidth], difference, rejects);
  const lift = liftIntervals(estimateA, estimateB, difference, critical, rejects);
  return { ...none, ...lift, status: "ok", z, ...p, ciLower, ciUpper };
}

function compareMeans({ a, b, alpha }: MeanInput): MeanLiftResult {
  const { a: ofA, b: ofB, difference } = twoMoments(a, b);
  const [estimateA, estimateB] = [ofA, ofB].map(({ n, mean, sd }) =>
    mean === null || sd === null ? null : { value: mean, standardError: sd / Math.sqrt(n) },
  );
  if (!estimateA || !estimateB || difference === null) return { status: "insufficient_data", ...NO_LIFT };
  const critical = normalQuantile(alpha / 2);
  const standardError = Math.hypot(estimateA.standardError, estimateB.standardError);
  const rejects = difference !== 0 && twoSided(difference / standardError).pValue < alpha;
  return { status: "ok", ...liftIntervals(estimateA, estimateB, difference, critical, rejects) };
}

function estimateOf({ ratio, variance }: { ratio: number | null; variance: number | null }): Estimate | null {
  return ratio === null || variance === null ? null : { value: ratio, standardError: Math.sqrt(variance) };
}
