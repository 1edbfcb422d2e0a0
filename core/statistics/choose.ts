const MAX_DIGITS = 5000; // arbitrary: unreadable beyond, and 10,000 digits take ten times as long

/** The number of ways to choose k of n; null if it has more than about 5,000 digits. */
export function choose(n: number, k: number): bigint | null {
  const few = Math.min(k, n - k);
  if (few > 0 && few * Math.log10((n / few) * Math.E) > MAX_DIGITS) return null;
  let ways = 1n;
  for (let i = 1; i <= few; i++) ways = (ways * BigInt(n - few + i)) / BigInt(i);
  return ways;
}
