const TINY = 1e-300; // stands in for a zero denominator, as in Thompson & Barnett
const SETTLED = 4 * Number.EPSILON; // products of rounded factors do not always come closer to 1
const MAX_TERMS = 1e6; // arbitrary; the most seen is 70,000, for chi-square with 1e12 degrees of freedom

/**
 * The value of b₀ + a₁/(b₁ + a₂/(b₂ + …)) by the modified Lentz algorithm, which runs forwards and
 * so detects convergence.
 *
 * Source: Lentz 1976; Thompson & Barnett 1986 (Numerical Recipes, 3rd ed., section 5.2).
 *
 * @param numerator aᵢ for i = 1, 2, …; a zero ends the fraction exactly
 * @param denominator bᵢ for i = 0, 1, …
 * @example continuedFraction(() => 1, () => 1) // 1.618033988749895, the golden ratio
 */
export function continuedFraction(numerator: (i: number) => number, denominator: (i: number) => number): number {
  let value = denominator(0) || TINY;
  let c = value;
  let d = 0;
  for (let i = 1; i < MAX_TERMS; i++) {
    const a = numerator(i);
    if (a === 0) return value;
    const b = denominator(i);
    d = 1 / (b + a * d || TINY);
    c = b + a / c || TINY;
    const factor = c * d;
    value *= factor;
    if (!(Math.abs(factor - 1) > SETTLED)) return value; // written so that NaN also ends the loop
  }
  throw new Error(`the continued fraction did not settle in ${MAX_TERMS} terms: this is a bug`);
}
