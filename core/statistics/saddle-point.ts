/**
 * Binomial and Poisson probabilities without cancellation. The textbook formula subtracts
 * log-gammas near 2e10 at n = 1e9 and keeps six digits; Loader's form only adds small numbers and
 * keeps fourteen.
 *
 * Source: C. Loader 2000, "Fast and Accurate Computation of Binomial Probabilities" (R's dbinom and
 * dpois). Counts may be any positive real numbers, so the same terms serve the gamma and beta
 * distributions.
 */

const LN_2PI = Math.log(2 * Math.PI);

/**
 * ln n! − ln(√(2πn) (n/e)ⁿ) for real n > 0: the error of Stirling's formula. Loader's
 * `stirlerr`.
 */
export function stirlingError(n: number): number {
  let shifted = 0;
  let m = n;
  // The series below is accurate to 1e-16 from 15 on (Loader); smaller n are shifted up by δ(n) =
  // δ(n+1) + (n+½) ln(1+1/n) − 1.
  for (; m < 15; m++) shifted += (m + 0.5) * Math.log1p(1 / m) - 1;
  const s = m * m;
  return shifted + (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / s) / s) / s) / s) / m; // Stirling's series
}

/**
 * x ln(x/mean) + mean − x for x ≥ 0, mean > 0: how far x is from its mean, in units of ln p.
 * Loader's `bd0`.
 */
export function deviance(x: number, mean: number): number {
  if (x === 0) return mean;
  if (Math.abs(x - mean) >= 0.1 * (x + mean)) {
    const lnRatio = mean > 1e-280 ? Math.log(x / mean) : Math.log(x) - Math.log(mean); // x / 5e-324 would overflow
    return x * lnRatio + mean - x;
  }
  const v = (x - mean) / (x + mean); // below 0.1, so each further term of the series adds two digits
  let sum = (x - mean) * v;
  let power = 2 * x * v;
  for (let j = 3; ; j += 2) {
    power *= v * v;
    const next = sum + power / j;
    if (!(Math.abs(next - sum) > 0)) return sum; // written so that NaN also ends the loop
    sum = next;
  }
}

/** ln(mean^k e^−mean / Γ(k+1)): the Poisson probability of k > 0, given mean > 0. */
export function lnPoissonTerm(k: number, mean: number): number {
  return -stirlingError(k) - deviance(k, mean) - 0.5 * (LN_2PI + Math.log(k));
}

/**
 * ln(C(k+m, k) pᵏ qᵐ): the binomial probability of k ≥ 0 successes and m ≥ 0 failures. Both p and q
 * = 1 − p are parameters, both above 0, because a small q cannot be recovered from p.
 */
export function lnBinomialTerm(k: number, m: number, p: number, q: number): number {
  const n = k + m;
  if (k === 0) return m === 0 ? 0 : m * (p < q ? Math.log1p(-p) : Math.log(q));
  if (m === 0) return k * (q < p ? Math.log1p(-q) : Math.log(p));
  const stirling = stirlingError(n) - stirlingError(k) - stirlingError(m);
  return stirling - deviance(k, n * p) - deviance(m, n * q) - 0.5 * (LN_2PI + Math.log(k) + Math.log(m / n));
}
