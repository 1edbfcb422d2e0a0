/**
 * Exact sums of a group's totals to the first, second and third power. Each total is in millionths
 * of the group's largest (by size), truncated, so that powers fit 128 bits for any totals.
 */
export interface PowerSums {
  readonly n: number;
  readonly first: bigint;
  readonly second: bigint;
  readonly third: bigint;
}

const PARTS = 1_000_000n;

/** Power sums of n totals, and the totals in millionths; totals that are not given are 0. */
export function powerSums(n: number, totals: readonly bigint[]): PowerSums & { readonly parts: readonly bigint[] } {
  const largest = totals.reduce((most, total) => (size(total) > most ? size(total) : most), 0n);
  let [first, second, third] = [0n, 0n, 0n];
  const parts = totals.map((total) => (largest === 0n ? 0n : (total * PARTS) / largest));
  for (const part of parts) {
    first += part;
    second += part * part;
    third += part * part * part;
  }
  return { n, first, second, third, parts };
}

/**
 * Skewness g1 = m3 / m2^1.5 of n totals: 0 for symmetric ones, far above it when a few are large.
 * Null for fewer than three, or when all are the same.
 */
export function skewness({ n, first, second, third }: PowerSums): number | null {
  if (n < 3) return null;
  const devices = BigInt(n);
  // Integers, so that nothing cancels: m2 = spread / n², m3 = lean / n³.
  const spread = Number(devices * second - first * first);
  const lean = Number(devices * devices * third - 3n * devices * first * second + 2n * first * first * first);
  return spread === 0 ? null : lean / (spread * Math.sqrt(spread));
}

function size(total: bigint): bigint {
  return total < 0n ? -total : total;
}
