import { type Conversions, crossDifference, rateDifference, rateLift, requireConversions } from "./conversions.ts";
import { normalQuantile, normalTail } from "./normal.ts";
import { requireAlpha } from "./require.ts";
import { doubled, type PValue } from "./tail.ts";

export interface TwoProportionsInput {
  /** The control. */
  readonly a: Conversions;
  readonly b: Conversions;
  /** Two-sided level of the Wald interval, above 0 and below 1. */
  readonly alpha: number;
}

export interface PooledTest {
  /**
   * `small_counts`: an expected count is below 5; show the p of `permutationTest`. `no_variance`:
   * all devices have the same outcome, so every split of them looks the same, and p is exactly 1.
   * `no_data`: a group has no devices.
   */
  readonly status: "ok" | "small_counts" | "no_variance" | "no_data";
  /** Above 0 when B converts better. */
  readonly z: number | null;
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** z², which is Pearson's chi-square of the 2 × 2 table. */
  readonly chi2: number | null;
}

export interface UnpooledTest {
  /**
   * `zero_variance`: devices within each group have the same outcome; there is no standard error.
   */
  readonly status: "ok" | "zero_variance" | "no_data";
  readonly z: number | null;
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** Wald's interval of the difference. */
  readonly waldLower: number | null;
  readonly waldUpper: number | null;
}

export interface TwoProportionsResult {
  /** Status of the pooled test. */
  readonly status: PooledTest["status"];
  /** 0 to 1; null without devices. */
  readonly rateA: number | null;
  readonly rateB: number | null;
  /** rateB − rateA. */
  readonly difference: number | null;
  /** rateB / rateA − 1; null at rateA 0. */
  readonly lift: number | null;
  /** The smallest of the four expected counts under equal rates. */
  readonly minExpectedCount: number | null;
  /** The test to show: its p-value agrees with the score intervals of `rateIntervals`. */
  readonly pooled: PooledTest;
  readonly unpooled: UnpooledTest;
}

const NOTHING = { z: null, pValue: null, log10P: null };

/**
 * Compares two conversion rates by the z test with pooled variance, two-sided and without
 * continuity correction; also by the test with each group's own variance (unpooled).
 *
 * Source: Pearson 1900 (z² is the chi-square of the 2 × 2 table); Wald's interval is the
 * textbook's.
 *
 * @throws RangeError if n is not a whole number from 0 to 10^12, conversions not one from 0 to n,
 * or alpha not between 0 and 1
 * @example
 * twoProportions({
 *   a: { n: 1000, conversions: 100 },
 *   b: { n: 1000, conversions: 120 }, alpha: 0.05,
 * }).pooled.pValue // 0.1529
 */
export function twoProportions({ a, b, alpha }: TwoProportionsInput): TwoProportionsResult {
  requireConversions("a", a);
  requireConversions("b", b);
  requireAlpha(alpha);
  const rateA = a.n === 0 ? null : a.conversions / a.n;
  const rateB = b.n === 0 ? null : b.conversions / b.n;
  const pooled = pooledTest(a, b);
  if (rateA === null || rateB === null) {
    const unpooled = { status: "no_data", ...NOTHING, waldLower: null, waldUpper: null } as const;
    return { status: "no_data", rateA, rateB, difference: null, lift: null, minExpectedCount: null, pooled, unpooled };
  }
  const difference = rateDifference(a, b);
  return {
    status: pooled.status,
    rateA,
    rateB,
    difference,
    lift: rateLift(a, b),
    minExpectedCount: minExpectedCount(a, b),
    pooled,
    unpooled: unpooledTest(a, b, difference, alpha),
  };
}

/** The pooled test alone, for validated groups. */
export function pooledTest(a: Conversions, b: Conversions): PooledTest {
  if (a.n === 0 || b.n === 0) return { status: "no_data", ...NOTHING, chi2: null };
  const [fewer, more] = ascending(a.n, b.n);
  const [rarer, commoner] = ascending(a.conversions + b.conversions, a.n - a.conversions + b.n - b.conversions);
  if (rarer === 0) return { status: "no_variance", z: 0, pValue: 1, log10P: 0, chi2: 0 };
  // Multiply in ascending order: swapping A and B, or conversions and failures, then changes no
  // digit.
  const z = crossDifference(a, b) * Math.sqrt((fewer + more) / more / commoner / fewer / rarer);
  const status = minExpectedCount(a, b) < 5 ? "small_counts" : "ok";
  return { status, z, ...twoSided(z), chi2: z * z };
}

function unpooledTest(a: Conversions, b: Conversions, difference: number, alpha: number): UnpooledTest {
  const standardError = Math.sqrt(varianceOfRate(a) + varianceOfRate(b));
  if (standardError === 0) return { status: "zero_variance", ...NOTHING, waldLower: null, waldUpper: null };
  const z = difference / standardError;
  const halfWidth = normalQuantile(alpha / 2) * standardError;
  return {
    status: "ok",
    z,
    ...twoSided(z),
    waldLower: difference - halfWidth,
    waldUpper: difference + halfWidth,
  };
}

/** The square of a rate's standard error, from the group's own rate. */
export function varianceOfRate({ n, conversions }: Conversions): number {
  return ((conversions / n) * ((n - conversions) / n)) / n;
}

function minExpectedCount(a: Conversions, b: Conversions): number {
  const n = a.n + b.n;
  const conversions = a.conversions + b.conversions;
  // Divide once, at the end: near 5, where it matters, the product is far below 2^53 and so exact.
  return (Math.min(a.n, b.n) * Math.min(conversions, n - conversions)) / n;
}

/** The two-sided p-value of a standard normal statistic. */
export function twoSided(z: number): PValue {
  return doubled(normalTail(Math.abs(z)));
}

function ascending(one: number, other: number): [number, number] {
  return one < other ? [one, other] : [other, one];
}
