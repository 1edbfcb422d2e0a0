const MOST_DIGITS = 5000; // arbitrary: nobody reads them, and 10,000 digits take ten times as long

/** In how many ways k of n can be chosen; null when that has more than about 5,000 digits. */
export function choose(n: number, k: number): bigint | null {
  const few = Math.min(k, n - k);
  if (few > 0 && few * Math.log10((n / few) * Math.E) > MOST_DIGITS) return null;
  let ways = 1n;
  for (let i = 1; i <= few; i++) ways = (ways * BigInt(n - few + i)) / BigInt(i);
  return ways;
}
