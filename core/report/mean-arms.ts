import { covariateAdjusted } from "../statistics/covariate.ts";
import type { PermutedValues } from "../statistics/permute-values.ts";
import { ratioEstimate } from "../statistics/ratio-sample.ts";
import { differenceSkewness } from "../statistics/skewness.ts";
import { meanAndVariance, type Sums } from "../sums.ts";
import type { MeanArms } from "./mean-looks.ts";
import type { MeanArm } from "./relative-lift.ts";

/** With fewer totals above or below 0 the mean is far from normal. */
const FEW_TOTALS = 100;

/** Sums over devices with two numbers each, in whole units. */
export interface PairSums {
  readonly n: number;
  readonly x: bigint;
  readonly xSquares: bigint;
  readonly y: bigint;
  readonly ySquares: bigint;
  readonly product: bigint;
  /** Skewness of y, or for a ratio of the residual of y after x; omitted if not known. */
  readonly skewness?: number | null;
}

/**
 * Totals per device.
 *
 * @param unit how many units of the sums make one of the result
 */
export function totalArms(a: Sums, b: Sums, unit: number): MeanArms {
  const [ofA, ofB] = [meanAndVariance(a, unit), meanAndVariance(b, unit)];
  const isFew = [a, b].some(({ sample }) => sample !== null && sample.length < FEW_TOTALS);
  const listed = ({ n, sample }: Sums): PermutedValues | null =>
    sample && { values: sample.map(Number), zeros: n - sample.length };
  const [totalsA, totalsB] = [listed(a), listed(b)];
  return {
    a: ofA,
    b: ofB,
    difference: ofB.mean - ofA.mean,
    method: null,
    isFew,
    skewness: skewnessBetween(skewnessOf(a), ofA, skewnessOf(b), ofB),
    totals: totalsA && totalsB && [totalsA, totalsB],
    varianceReduction: null,
  };
}

/**
 * Totals (y) less what the same devices' numbers from before their first exposure (x) predict.
 * While a group has few totals they stay unadjusted.
 */
export function covariateArms(plain: MeanArms, a: PairSums, b: PairSums, unit: number): MeanArms {
  if (plain.isFew || a.n < 2 || b.n < 2) return plain;
  const momentsOf = (pairs: PairSums) => {
    const { meanX, varianceX, meanY, varianceY, covariance } = pairMoments(pairs, unit, unit);
    return { n: pairs.n, meanX, varianceX, meanY, varianceY, covariance };
  };
  const adjusted = covariateAdjusted(momentsOf(a), momentsOf(b));
  return {
    ...plain,
    a: adjusted.a,
    b: adjusted.b,
    difference: adjusted.difference,
    method: "cuped",
    totals: null,
    varianceReduction: adjusted.varianceReduction,
  };
}

/**
 * Ratios of two sums, with the variance of the delta method. The sample is small while the
 * denominators count as fewer than 100 equal ones: (Σ d)² / Σ d².
 *
 * @param unit how many units of the numerator (y) make one of the result
 */
export function ratioArms(a: PairSums, b: PairSums, unit: number): MeanArms {
  const armOf = (pairs: PairSums): MeanArm => {
    if (pairs.n < 2 || pairs.x === 0n) return { n: pairs.n, mean: 0, variance: null };
    const { meanX, varianceX, meanY, varianceY, covariance } = pairMoments(pairs, 1, unit);
    const { ratio, variance } = ratioEstimate("ratio", {
      n: pairs.n,
      meanNumerator: meanY,
      meanDenominator: meanX,
      varNumerator: varianceY,
      varDenominator: varianceX,
      covariance,
    });
    return { n: pairs.n, mean: ratio ?? 0, variance: variance === null ? null : variance * pairs.n };
  };
  const [ofA, ofB] = [armOf(a), armOf(b)];
  const effective = ({ x, xSquares }: PairSums) => (xSquares === 0n ? 0 : Number(x) ** 2 / Number(xSquares));
  return {
    a: ofA,
    b: ofB,
    difference: ofB.mean - ofA.mean,
    method: "delta",
    isFew: Math.min(effective(a), effective(b)) < FEW_TOTALS,
    skewness: skewnessBetween(a.skewness, ofA, b.skewness, ofB),
    totals: null,
    varianceReduction: null,
  };
}

function pairMoments({ n, x, xSquares, y, ySquares, product }: PairSums, unitX: number, unitY: number) {
  const [ofX, ofY] = [
    meanAndVariance({ n, sum: x, sumSquares: xSquares }, unitX),
    meanAndVariance({ n, sum: y, sumSquares: ySquares }, unitY),
  ];
  const devices = BigInt(n);
  // Both products are exact: a small covariance of large numbers loses no digit.
  const covariance = Number(devices * product - x * y) / Number(devices * (devices - 1n)) / unitX / unitY;
  const [varianceX, varianceY] = [ofX.variance ?? 0, ofY.variance ?? 0];
  const max = Math.sqrt(varianceX) * Math.sqrt(varianceY);
  return {
    meanX: ofX.mean,
    varianceX,
    meanY: ofY.mean,
    varianceY,
    covariance: Math.max(-max, Math.min(max, covariance)),
  };
}

function skewnessBetween(
  skewA: number | null | undefined,
  a: MeanArm,
  skewB: number | null | undefined,
  b: MeanArm,
): number | null {
  if (a.variance === null || b.variance === null) return null;
  if ((skewA == null && a.variance > 0) || (skewB == null && b.variance > 0)) return null;
  return differenceSkewness(
    { n: a.n, variance: a.variance, skewness: skewA ?? 0 },
    { n: b.n, variance: b.variance, skewness: skewB ?? 0 },
  );
}

/** The counted skewness, else computed from the totals if they are given. */
function skewnessOf(sums: Sums & { readonly skewness?: number | null }): number | null {
  if (sums.skewness !== undefined) return sums.skewness;
  const { n, sample, sum } = sums;
  if (sample === null || n < 2) return null;
  const mean = Number(sum) / n;
  const zeros = n - sample.length;
  const moment = (power: number) =>
    sample.reduce((total, value) => total + (Number(value) - mean) ** power, zeros * (-mean) ** power) / n;
  const variance = moment(2);
  return variance > 0 ? moment(3) / variance ** 1.5 : null;
}
