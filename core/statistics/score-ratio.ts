import { agreeing } from "./agreeing.ts";
import { type Conversions, crossDifference } from "./conversions.ts";
import { crossing } from "./crossing.ts";

/**
 * The lifts, rate B / rate A − 1, that a score test does not reject: its chi-square, with both
 * rates fitted under that ratio, is at most `limit`.
 *
 * Along the Lagrange multiplier m the fitted rates are (xA − m)/(nA − m) and (xB + m)/(nB + m), and
 * chi-square is a sum of two fractions that rises as m leaves 0, so an end is one crossing.
 *
 * Source: Koopman 1984 (the limits); the multiplier is derived here.
 *
 * @param a conversions of n > 0 devices, at least one conversion in a and b together
 * @param b the same of the other group
 * @param limit of chi-square, above 0
 * @param rejectsEqual whether the test of a lift of 0 rejects; the interval contains 0 exactly when
 * it does not
 * @returns lower end from −1, upper end up to Infinity
 */
export function scoreLift(
  a: Conversions,
  b: Conversions,
  limit: number,
  rejectsEqual: boolean,
): readonly [lower: number, upper: number] {
  const cross = crossDifference(a, b);
  const endsAbove = rejectsEqual && cross > 0;
  const endsBelow = rejectsEqual && cross < 0;
  const lower = b.conversions === 0 ? -1 : scoreEnd(a, b, -1, limit, endsAbove);
  const upper = a.conversions === 0 ? Infinity : scoreEnd(a, b, 1, limit, endsBelow);
  return agreeing([lower, upper], cross, rejectsEqual);
}

/** The end on the side of `sign`; the shrinking group must have a conversion. */
function scoreEnd(a: Conversions, b: Conversions, sign: 1 | -1, limit: number, isBeforeEqual: boolean): number {
  const [shrinking, growing] = sign === 1 ? [a, b] : [b, a];
  const failures = a.n - a.conversions + b.n - b.conversions;
  const failing = { shrinking: shrinking.n - shrinking.conversions, growing: growing.n - growing.conversions };
  const ofGrowing = (m: number) => ((m * failing.growing) / growing.n) * (m / (growing.conversions + m));
  const ofShrinking = (m: number) =>
    failing.shrinking === 0 ? 0 : ((m * failing.shrinking) / shrinking.n) * (m / (shrinking.conversions - m));
  const excess = (m: number) => ofGrowing(m) + ofShrinking(m) - limit;
  const max = shrinking.conversions;
  if (failing.shrinking === 0 && excess(max) <= 0) {
    // The shrinking rate stays at 1 as long as m < n, and then falls at that m.
    const rate = 1 / (1 + -excess(max) / max);
    const other = (growing.conversions + max) / (growing.n + max);
    return sign === 1 ? other / rate - 1 : rate / other - 1;
  }
  const cross = crossDifference(a, b);
  const equal = failures === 0 ? 0 : Math.min(max, Math.max(0, (-sign * cross) / failures));
  const m = isBeforeEqual ? crossing(excess, 0, equal) : crossing(excess, equal, max);
  // rate B / rate A − 1 with the difference of the numerators multiplied out: nothing cancels
  // near a lift of 0.
  return (cross + sign * m * failures) / (b.n + sign * m) / (a.conversions - sign * m);
}
