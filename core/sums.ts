import { powerSums, skewness } from "./skewness.ts";

/**
 * Exact sum and sum of squares of a total per device. The caller chooses the unit: events, or
 * millionths of a value.
 */
export interface Moments {
  /** Devices, including those with total 0. */
  readonly n: number;
  readonly sum: bigint;
  /** Sum of the squares, in the square of the unit. */
  readonly sumSquares: bigint;
}

/** Totals of a group's devices. */
export interface Sums extends Moments {
  /**
   * Skewness of all n totals; null for fewer than three, or if all are equal. Absent if not
   * requested.
   */
  readonly skewness?: number | null;
  /** The devices' totals other than 0, ascending, if there are fewer than 5,000; null otherwise. */
  readonly sample: readonly bigint[] | null;
}

/**
 * From this many totals other than 0 no permutation test is needed: a t test suffices, unless a few
 * totals are very large and the groups are uneven.
 */
export const MANY_TOTALS = 5000;

/**
 * Largest sum of databases: signed integers of 128 bits. 10^8 devices with a total of 10^9 each are
 * within.
 */
const MAX_SUM = 2n ** 127n - 1n;

/** Sums of the totals of n devices; totals that are not given are 0. */
export function addUp(n: number, totals: readonly bigint[], isSkewed = false): Sums {
  const others = totals.filter((total) => total !== 0n);
  return {
    ...momentsOf(n, others),
    ...(isSkewed && { skewness: skewness(powerSums(n, others)) }),
    sample: others.length < MANY_TOTALS ? others.sort(ascending) : null,
  };
}

/** Sum and sum of squares of the totals of n devices. */
export function momentsOf(n: number, totals: readonly bigint[]): Moments {
  let sum = 0n;
  let sumSquares = 0n;
  for (const total of totals) {
    sum += total;
    sumSquares += total * total;
  }
  return { n, sum, sumSquares: summable(sumSquares) };
}

/** A sum of squares, clamped to the largest sum of databases. */
export function summable(sumSquares: bigint): bigint {
  return sumSquares > MAX_SUM ? MAX_SUM : sumSquares;
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Mean and variance (with n − 1; null for fewer than two devices) per device, in multiples of
 * `perUnit`.
 */
export function meanAndVariance(
  { n, sum, sumSquares }: Moments,
  perUnit: number,
): { n: number; mean: number; variance: number | null } {
  if (n === 0) return { n, mean: 0, variance: null };
  const devices = BigInt(n);
  const mean = ratio(sum, devices) / perUnit;
  if (n === 1) return { n, mean, variance: null };
  // Both products are exact: a small variance of large numbers loses no digit.
  const variance = ratio(devices * sumSquares - sum * sum, devices * (devices - 1n));
  return { n, mean, variance: variance / perUnit / perUnit };
}

/** Rounds each integer once, and the quotient once. */
function ratio(a: bigint, b: bigint): number {
  return Number(a) / Number(b);
}
