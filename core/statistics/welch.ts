import { agreeing } from "./agreeing.ts";
import { requireAlpha } from "./require.ts";
import { type Sample, twoMoments } from "./sample.ts";
import { tQuantile, tTail } from "./t.ts";
import { doubled } from "./tail.ts";

export interface WelchInput {
  /** The control. */
  readonly a: Sample;
  readonly b: Sample;
  /** The interval covers the true difference with probability 1 − alpha; above 0 and below 1. */
  readonly alpha: number;
}

export interface WelchTest {
  /**
   * `insufficient_data`: a group has fewer than two devices. `no_variance`: all devices have the
   * same value, so every split of them looks the same, and p is exactly 1. `zero_variance`: devices
   * within each group have the same value but the groups differ; there is no standard error.
   */
  readonly status: "ok" | "insufficient_data" | "no_variance" | "zero_variance";
  /** Mean of B minus mean of A. */
  readonly difference: number | null;
  readonly t: number | null;
  /** Degrees of freedom, at least those of the smaller group. */
  readonly df: number | null;
  readonly standardError: number | null;
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** The interval excludes 0 exactly when the p-value is below alpha. */
  readonly ciLower: number | null;
  readonly ciUpper: number | null;
}

export interface WelchResult extends WelchTest {
  readonly meanA: number | null;
  /** With n − 1. */
  readonly varianceA: number | null;
  readonly meanB: number | null;
  readonly varianceB: number | null;
}

/** A group's part in the test. */
export interface Spread {
  readonly n: number;
  /** Null for fewer than two devices. */
  readonly sd: number | null;
}

/**
 * Compares two means by Welch's t test, two-sided, which does not assume equal variances. Each
 * device is one value, so add up its events first.
 *
 * Source: B. L. Welch 1947; degrees of freedom by Welch and Satterthwaite.
 *
 * @throws RangeError if a value is not a number from −1e300 to 1e300, n not a whole number from 0
 * to 10^12, a variance below 0, or alpha not between 0 and 1
 * @example
 * welch({ a: { values: [1.5, 2.5, 3.5, 4] }, b: { values: [2, 3, 5.5] }, alpha: 0.05 }).pValue
 *  // 0.6314
 */
export function welch({ a, b, alpha }: WelchInput): WelchResult {
  requireAlpha(alpha);
  const moments = twoMoments(a, b);
  return {
    meanA: moments.a.mean,
    varianceA: moments.a.variance,
    meanB: moments.b.mean,
    varianceB: moments.b.variance,
    ...welchTest(moments.a, moments.b, moments.difference, alpha),
  };
}

/** The test of a known difference of means; null without devices in a group. */
export function welchTest(a: Spread, b: Spread, difference: number | null, alpha: number): WelchTest {
  const none = { difference, t: null, df: null, pValue: null, log10P: null, ciLower: null, ciUpper: null };
  if (a.sd === null || b.sd === null || difference === null) {
    return { ...none, status: "insufficient_data", standardError: null };
  }
  const [errorA, errorB] = [a.sd / Math.sqrt(a.n), b.sd / Math.sqrt(b.n)];
  const standardError = Math.hypot(errorA, errorB);
  if (standardError === 0) {
    if (difference !== 0) return { ...none, status: "zero_variance", standardError };
    return { ...none, status: "no_variance", standardError, t: 0, pValue: 1, log10P: 0, ciLower: 0, ciUpper: 0 };
  }
  const [shareA, shareB] = [(errorA / standardError) ** 2, (errorB / standardError) ** 2];
  const df = 1 / (shareA ** 2 / (a.n - 1) + shareB ** 2 / (b.n - 1));
  const t = Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, difference / standardError));
  const p = doubled(tTail(Math.abs(t), df));
  const halfWidth = tQuantile(alpha / 2, df) * standardError;
  const [ciLower, ciUpper] = agreeing([difference - halfWidth, difference + halfWidth], difference, p.pValue < alpha);
  return { status: "ok", difference, t, df, standardError, ...p, ciLower, ciUpper };
}
