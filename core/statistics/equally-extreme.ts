/**
 * From where on a sum is as far from its mean as the one seen, on either side. In whole numbers:
 * with unequal groups the mean is a fraction, and rounding it would lose a tie.
 *
 * @param seen sum of the drawn, a whole number
 * @param total sum of all, a whole number
 * @param drawn how many were drawn, of `all`
 * @returns sums ≤ `low` and ≥ `high` are as extreme; one of the two is `seen`
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
