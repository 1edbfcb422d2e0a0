/**
 * The sums as far from their mean as the observed one, on either side. Computed in whole numbers:
 * with unequal groups the mean is a fraction, and rounding it would lose a tie.
 *
 * @param seen the observed sum of the drawn values, a whole number
 * @param total sum of all values, a whole number
 * @param drawn number of values drawn from `all`
 * @returns sums ≤ `low` or ≥ `high` are as extreme; one of the two is `seen`
 */
export function equallyExtreme(seen: number, total: number, drawn: number, all: number): { low: number; high: number } {
  const [n, mean] = [BigInt(all), BigInt(drawn) * BigInt(total)]; // n × the mean of the sum
  const distance = BigInt(seen) * n - mean;
  const size = distance < 0n ? -distance : distance;
  return { low: Number(floorOf(mean - size, n)), high: -Number(floorOf(-mean - size, n)) };
}

function floorOf(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return quotient * denominator > numerator ? quotient - 1n : quotient;
}
