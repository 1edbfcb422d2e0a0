import { reject, requireCount, requireSize, requireWithin } from "./require.ts";
import { powerOfTwo } from "./sample.ts";

/** Arbitrary, well within the range where the square of a ratio stays finite. */
const SIZES = [1e-50, 1e50] as const;

/** Two numbers per device, such as clicks and views: as lists or as moments. */
export type RatioSample =
  /** Two lists of equal length; each number 0, or from 1e-50 to 1e50 in size. */
  | { readonly numerators: readonly number[]; readonly denominators: readonly number[] }
  | {
      /** Devices, a whole number from 0 to 10^12. */
      readonly n: number;
      readonly meanNumerator: number;
      readonly meanDenominator: number;
      /** Variances and covariance with n − 1. */
      readonly varNumerator: number;
      readonly varDenominator: number;
      readonly covariance: number;
    };

export interface RatioEstimate {
  readonly n: number;
  /** Sum of the numerators over sum of the denominators; null where that is 0. */
  readonly ratio: number | null;
  /** The square of its standard error; null for fewer than two devices. */
  readonly variance: number | null;
}

/**
 * A ratio of two sums over devices with its variance by the delta method: the variance of numerator
 * − ratio × denominator, over n times the squared mean denominator.
 *
 * Source: Deng, Knoblich & Lu 2018, equation 4.
 */
export function ratioEstimate(group: string, sample: RatioSample): RatioEstimate {
  return "numerators" in sample ? fromValues(group, sample) : fromMoments(group, sample);
}

/** Bound on the rounding of a difference of 0, relative to its operands. */
const ROUNDING = 4 * Number.EPSILON;

function fromValues(
  group: string,
  { numerators, denominators }: { readonly numerators: readonly number[]; readonly denominators: readonly number[] },
): RatioEstimate {
  const n = numerators.length;
  if (denominators.length !== n) {
    reject(`${group}.denominators.length`, denominators.length, `${n}, one for each numerator`);
  }
  const [unitM, unitD] = [unitOf(`${group}.numerators`, numerators), unitOf(`${group}.denominators`, denominators)];
  let sumM = 0;
  let sumD = 0;
  for (const [i, numerator] of numerators.entries()) {
    sumM += numerator / unitM;
    sumD += (denominators[i] ?? 0) / unitD;
  }
  if (sumD === 0) return { n, ratio: null, variance: null };
  const ratio = sumM / sumD;
  let squares = 0;
  let rest = 0;
  for (const [i, numerator] of numerators.entries()) {
    const [m, fitted] = [numerator / unitM, ratio * ((denominators[i] ?? 0) / unitD)];
    // Treat rounding as 0: devices that all have the same ratio have no variance.
    const residual = Math.abs(m - fitted) <= ROUNDING * Math.abs(m) ? 0 : m - fitted;
    rest += residual;
    squares += residual * residual;
  }
  const unit = unitM / unitD;
  if (n < 2) return { n, ratio: ratio * unit, variance: null };
  const meanD = sumD / n;
  const variance = Math.max(0, squares - (rest / n) * rest) / (n - 1) / n / (meanD * meanD);
  return { n, ratio: ratio * unit, variance: variance * unit * unit };
}

function unitOf(field: string, values: readonly number[]): number {
  let largest = 0;
  for (const [i, value] of values.entries()) {
    requireSize(`${field}[${i}]`, value, ...SIZES);
    largest = Math.max(largest, Math.abs(value));
  }
  return powerOfTwo(largest);
}

function fromMoments(group: string, sample: Exclude<RatioSample, { readonly numerators: unknown }>): RatioEstimate {
  const { n, meanNumerator, meanDenominator, varNumerator, varDenominator, covariance } = sample;
  requireCount(`${group}.n`, n);
  requireSize(`${group}.meanNumerator`, meanNumerator, ...SIZES);
  requireSize(`${group}.meanDenominator`, meanDenominator, ...SIZES);
  requireWithin(`${group}.varNumerator`, varNumerator, 0, SIZES[1] ** 2);
  requireWithin(`${group}.varDenominator`, varDenominator, 0, SIZES[1] ** 2);
  const max = Math.sqrt(varNumerator) * Math.sqrt(varDenominator) * (1 + 1e-9); // 1e-9 allows for rounded inputs
  requireWithin(`${group}.covariance`, covariance, -max, max);
  if (n === 0 || meanDenominator === 0) return { n, ratio: null, variance: null };
  const ratio = meanNumerator / meanDenominator;
  if (n < 2) return { n, ratio, variance: null };
  const [own, both, others] = [varNumerator, 2 * ratio * covariance, ratio * ratio * varDenominator];
  const residual = own - both + others;
  const isRounding = residual <= ROUNDING * (own + Math.abs(both) + others);
  return { n, ratio, variance: isRounding ? 0 : residual / n / (meanDenominator * meanDenominator) };
}
