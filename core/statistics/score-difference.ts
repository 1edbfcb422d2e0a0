import { agreeing } from "./agreeing.ts";
import { type Conversions, crossDifference } from "./conversions.ts";
import { crossing } from "./crossing.ts";

/**
 * The differences of rate B − rate A that a score test does not reject: its chi-square, with both
 * rates fitted under that difference, is at most `limit`.
 *
 * The best-fitting rates under a difference are the root of a cubic. Instead of solving it, follow
 * both rates along their Lagrange multiplier m, where x − n p = ± m p (1 − p) is a quadratic
 * for each group alone. Difference and chi-square both rise as m leaves 0, so an end is one
 * crossing.
 *
 * Source: Mee 1984, Miettinen & Nurminen 1985 (the limits); the multiplier is derived here.
 *
 * @param a conversions of n > 0 devices
 * @param b the same of the other group
 * @param limit of chi-square, above 0
 * @param rejectsEqual whether the test of a difference of 0 rejects; the interval contains 0
 * exactly when it does not
 * @returns lower and upper end, −1 to 1, each to 1e-15
 */
export function scoreDifference(
  a: Conversions,
  b: Conversions,
  limit: number,
  rejectsEqual: boolean,
): readonly [lower: number, upper: number] {
  const upper = scoreUpper(a, b, limit, rejectsEqual);
  const lower = -scoreUpper(b, a, limit, rejectsEqual) + 0; // + 0 turns -0 into 0
  return agreeing([lower, upper], crossDifference(a, b), rejectsEqual);
}

function scoreUpper(a: Conversions, b: Conversions, limit: number, rejectsEqual: boolean): number {
  if (a.conversions === 0 && b.conversions === b.n) return 1;
  const n = a.n + b.n;
  const conversions = a.conversions + b.conversions;
  const cross = crossDifference(a, b);
  const excess = (m: number) =>
    m * m * ((fitted(a, m) * failing(a, m)) / a.n + (fitted(b, -m) * failing(b, -m)) / b.n) - limit;
  // The multiplier of a difference of 0. An end below 0 lies to its left, any other to its right.
  const equal = cross < 0 ? ((-cross / conversions) * n) / (n - conversions) : 0;
  const endsBelow = rejectsEqual && cross < 0;
  const m = endsBelow ? crossing(excess, 0, equal) : crossing(excess, equal, beyond(excess, Math.max(1, equal)));
  const [rateA, rateB] = [fitted(a, m), fitted(b, -m)];
  // Subtract the smaller pair, rates or complements, to keep digits.
  return rateA + rateB > 1 ? failing(a, m) - failing(b, -m) : rateB - rateA;
}

/** A number at or after `start` at which f is at least 0. */
function beyond(f: (x: number) => number, start: number): number {
  let at = start;
  while (f(at) < 0) at *= 4;
  return at;
}

/** The fitted rate of a group at a multiplier, and its complement. */
function fitted({ n, conversions }: Conversions, m: number): number {
  return root(conversions, n, m);
}

function failing({ n, conversions }: Conversions, m: number): number {
  return root(n - conversions, n, -m);
}

/** The p from 0 to 1 with x − n p = m p (1 − p). All sums are of terms with the same sign. */
function root(x: number, n: number, m: number): number {
  const sum = n + m;
  if (x === 0) return sum >= 0 ? 0 : sum / m;
  const discriminant = m > 0 ? (n - m) ** 2 + 4 * m * (n - x) : sum * sum - 4 * m * x;
  const spread = Math.sqrt(discriminant);
  return sum >= 0 ? (2 * x) / (sum + spread) : (sum - spread) / (2 * m);
}
