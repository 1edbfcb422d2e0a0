import type { Sample } from "../statistics/sample.ts";
import type { ExactSums } from "./counted.ts";

/** Units that a value is counted in. */
export const VALUE_UNIT = 1_000_000;

/**
 * Mean and variance of exact sums: taken apart in whole numbers, so that nothing cancels, and rounded once.
 *
 * @param unit how many units of the sums make one of the result
 */
export function momentsOf({ n, sum, sumSquares }: ExactSums, unit: number): Extract<Sample, { n: number }> {
  if (n === 0) return { n, mean: 0, variance: null };
  const mean = Number(sum) / n / unit;
  if (n === 1) return { n, mean, variance: null };
  const squares = BigInt(n) * sumSquares - sum * sum;
  return { n, mean, variance: Number(squares) / n / (n - 1) / unit / unit };
}
