import { reject, requireAlpha, requireSize } from "./require.ts";
import { powerOfTwo, twoMoments } from "./sample.ts";
import { type WelchTest, welchTest } from "./welch.ts";

/** Arbitrary, well within the range where squares and quotients stay finite. */
const SIZES = [1e-50, 1e50] as const;

/** Two lists of equal length, one number per device: 0, or from 1e-50 to 1e50 in size. */
export interface CovariateSample {
  /** The measured value. */
  readonly y: readonly number[];
  /** The same device's value before its first exposure; later values would bias the result. */
  readonly x: readonly number[];
}

export interface CupedInput {
  /** The control. */
  readonly a: CovariateSample;
  readonly b: CovariateSample;
  /** The interval covers the true difference with probability 1 − alpha; above 0 and below 1. */
  readonly alpha: number;
}

/** Welch's test of the adjusted values; `difference` equals `adjustedDifference`. */
export interface CupedResult extends WelchTest {
  /** Slope of y on x, pooled within both groups; 0 if x does not vary. */
  readonly theta: number;
  readonly adjustedDifference: number | null;
  /** With n − 1. */
  readonly adjustedVarianceA: number | null;
  readonly adjustedVarianceB: number | null;
  /** Share of the squared standard error that is removed, at most 1; null if there was none. */
  readonly varianceReduction: number | null;
}

/**
 * Welch's test with reduced variance: a device's value before the experiment predicts part of its
 * value in it, and that part is subtracted. The expected difference is unchanged, because groups do
 * not differ before.
 *
 * Source: A. Deng, Y. Xu, R. Kohavi, T. Walker 2013, "Improving the Sensitivity of Online
 * Controlled Experiments by Utilizing Pre-Experiment Data": y − θ (x − mean x), θ = Σ (n − 1)
 * cov(y, x) / Σ (n − 1) var(x) over the groups.
 *
 * @throws RangeError if x and y differ in length, a value is out of range, or alpha is not between
 * 0 and 1
 * @example
 * cuped({
 *   a: { y: [1, 2, 3, 5], x: [2, 4, 7, 9] },
 *   b: { y: [2, 4, 4, 6], x: [2, 5, 6, 8] }, alpha: 0.05,
 * }).varianceReduction // 0.9455
 */
export function cuped({ a, b, alpha }: CupedInput): CupedResult {
  rejectInvalid("a", a);
  rejectInvalid("b", b);
  requireAlpha(alpha);
  const y = twoMoments({ values: a.y }, { values: b.y });
  const x = twoMoments({ values: a.x }, { values: b.x });
  const [unitY, unitX] = [unitOf(a.y, b.y), unitOf(a.x, b.x)];
  const groups = [a, b].map((group) => ({ y: deviations(group.y, unitY), x: deviations(group.x, unitX) }));
  const [together, ofX] = [groups.map((group) => product(group.y, group.x)), groups.map(({ x }) => product(x, x))];
  const spread = sum(ofX);
  const slope = spread === 0 ? 0 : sum(together) / spread; // in units
  const adjusted = groups.map((group) => {
    const residuals = group.y.map((value, i) => unrounded(value, slope * (group.x[i] ?? 0)));
    const n = residuals.length;
    return { n, sd: n < 2 ? null : Math.sqrt(product(residuals, residuals) / (n - 1)) * unitY };
  });
  const [adjustedA = { n: 0, sd: null }, adjustedB = { n: 0, sd: null }] = adjusted;
  const theta = slope * (unitY / unitX);
  const difference = y.difference === null || x.difference === null ? null : y.difference - theta * x.difference;
  const test = welchTest(adjustedA, adjustedB, difference, alpha);
  const plain = welchTest(y.a, y.b, y.difference, alpha).standardError;
  return {
    ...test,
    theta,
    adjustedDifference: difference,
    adjustedVarianceA: adjustedA.sd === null ? null : adjustedA.sd ** 2,
    adjustedVarianceB: adjustedB.sd === null ? null : adjustedB.sd ** 2,
    varianceReduction: plain && test.standardError !== null ? 1 - (test.standardError / plain) ** 2 : null,
  };
}

function rejectInvalid(group: string, { y, x }: CovariateSample): void {
  if (x.length !== y.length) reject(`${group}.x.length`, x.length, `${y.length}, one for each y`);
  for (const [i, value] of y.entries()) requireSize(`${group}.y[${i}]`, value, ...SIZES);
  for (const [i, value] of x.entries()) requireSize(`${group}.x[${i}]`, value, ...SIZES);
}

function unitOf(...samples: readonly (readonly number[])[]): number {
  return powerOfTwo(samples.flat().reduce((largest, value) => Math.max(largest, Math.abs(value)), 0));
}

/**
 * Distances from the mean, in units; relative to the first value, so that a common offset costs no
 * digits.
 */
function deviations(values: readonly number[], unit: number): number[] {
  const [first = 0] = values;
  const fromFirst = values.map((value) => value / unit - first / unit);
  const mean = values.length === 0 ? 0 : sum(fromFirst) / values.length;
  return fromFirst.map((value) => value - mean);
}

/** value − fitted, or 0 if the difference is only the rounding of the product. */
function unrounded(value: number, fitted: number): number {
  return Math.abs(value - fitted) <= 8 * Number.EPSILON * Math.abs(value) ? 0 : value - fitted;
}

function product(one: readonly number[], other: readonly number[]): number {
  return one.reduce((total, value, i) => total + value * (other[i] ?? 0), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
