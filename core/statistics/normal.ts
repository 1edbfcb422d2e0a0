import { continuedFraction } from "./continued-fraction.ts";
import { complement, IMPOSSIBLE, type Tail, tailOfLog } from "./tail.ts";

const LN_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

/**
 * Above this the continued fraction converges in under 100 terms; below it the series loses at most
 * a factor 22.
 */
const SERIES_UP_TO = 2;

/**
 * P(Z > z) of the standard normal distribution. Relative error below 1e-12 down to 1e-308, and
 * below that on the logarithm.
 *
 * Source: below 2 the series φ(z)(z + z³/3 + z⁵/15 + …) (Marsaglia 2004), above it Laplace's
 * continued fraction φ(z)/(z + 1/(z + 2/(z + …))) (Abramowitz & Stegun 26.2.14).
 *
 * @param z any number but NaN
 * @example normalTail(1.959963984540054).p // 0.025
 */
export function normalTail(z: number): Tail {
  if (z < 0) return complement(normalTail(-z));
  if (z === Infinity) return IMPOSSIBLE;
  if (z < SERIES_UP_TO) {
    let term = z;
    let sum = z;
    for (let i = 3; term > sum * 1e-17; i += 2) sum += term *= (z * z) / i;
    const p = 0.5 - sum * Math.exp(lnDensity(z));
    return { p, ln: Math.log(p) };
  }
  const fraction = continuedFraction(
    (i) => i,
    () => z,
  );
  return tailOfLog(lnDensity(z) - Math.log(fraction));
}

/**
 * The z with P(Z > z) = p: for p = alpha/2 the critical value of a two-sided test. Newton on ln p,
 * which is concave in z: every step descends towards the answer without passing it, until only
 * rounding is left.
 *
 * @param p above 0 and below 1
 * @example normalQuantile(0.025) // 1.959963984540054
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p); // exact: 1 − p does not round for p from 0.5 to 1
  const target = Math.log(p);
  let z = Math.sqrt(-2 * (target + Math.LN2)); // P(Z > z) ≤ exp(−z²/2)/2, so this is at or above the answer
  for (let i = 0; i < 50; i++) {
    const { ln } = normalTail(z);
    const step = (ln - target) * Math.exp(ln - lnDensity(z));
    z += step;
    if (step >= -1e-15 * z) break;
  }
  return z;
}

function lnDensity(z: number): number {
  return -0.5 * z * z - LN_SQRT_2PI;
}
