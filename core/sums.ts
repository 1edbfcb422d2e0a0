import { powerSums, skewness } from "./skewness.ts";

/** Sum and sum of squares of a total per device, exactly. The unit is the caller's: events, or millionths of a value. */
export interface Moments {
  /** Devices, also those with 0. */
  readonly n: number;
  readonly sum: bigint;
  /** Sum of the squares, in the square of the unit. */
  readonly sumSquares: bigint;
}

/** What a group's devices have in all. */
export interface Sums extends Moments {
  /** Of all n totals; null for fewer than three, or when all are the same. Left out where nobody asks for it. */
  readonly skewness?: number | null;
  /** The devices' totals that are not 0, ascending, when there are fewer than 5,000; null when there are more. */
  readonly sample: readonly bigint[] | null;
}

/**
 * From so many totals other than 0 on, nobody has to permute them: a t test will do, unless a few of them are very large and
 * the groups are uneven.
 */
export const MANY_TOTALS = 5000;

/** What databases can add up: whole numbers of 128 bits with a sign. 10^8 devices with a total of 10^9 each are within. */
const LARGEST_SUM = 2n ** 127n - 1n;

/** Adds up the totals of n devices; those that are not given have 0. */
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

/** A sum of squares, or the largest one that databases can add up. */
export function summable(sumSquares: bigint): bigint {
  return sumSquares > LARGEST_SUM ? LARGEST_SUM : sumSquares;
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Mean and variance (with n − 1; null for fewer than two devices) per device, where `perUnit` units are 1. */
export function meanAndVariance(
  { n, sum, sumSquares }: Moments,
  perUnit: number,
): { n: number; mean: number; variance: number | null } {
  if (n === 0) return { n, mean: 0, variance: null };
  const devices = BigInt(n);
  const mean = ratio(sum, devices) / perUnit;
  if (n === 1) return { n, mean, variance: null };
  // Both products are exact, so that a small variance of large numbers loses no digit.
  const variance = ratio(devices * sumSquares - sum * sum, devices * (devices - 1n));
  return { n, mean, variance: variance / perUnit / perUnit };
}

/** Both are rounded once, and their quotient once. */
function ratio(a: bigint, b: bigint): number {
  return Number(a) / Number(b);
}
