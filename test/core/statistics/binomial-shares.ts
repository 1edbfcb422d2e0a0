/** The probability of 0, 1, … n successes, each with probability p. */
export function binomialShares(n: number, p: number): number[] {
  let shares = [1];
  for (let i = 0; i < n; i++) {
    shares = [...Array(shares.length + 1).keys()].map((k) => (shares[k] ?? 0) * (1 - p) + (shares[k - 1] ?? 0) * p);
  }
  return shares;
}
