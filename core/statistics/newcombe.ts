import { type Conversions, rateDifference } from "./conversions.ts";
import { wilsonEnds } from "./wilson.ts";

/**
 * Newcombe's interval of rate B − rate A, combined from Wilson's intervals of both groups. It can
 * disagree with the p-value, so show the score interval instead.
 *
 * Source: R. G. Newcombe 1998, "Interval estimation for the difference between independent
 * proportions", method 10.
 *
 * @param a conversions of n > 0 devices
 * @param b the same of the other group
 * @param z2 square of the critical value
 */
export function newcombe(a: Conversions, b: Conversions, z2: number): readonly [lower: number, upper: number] {
  if (a.conversions > a.n / 2 && b.conversions > b.n / 2) {
    // Near 100 % compute with failures, which keep their digits.
    const [lower, upper] = newcombe(failures(a), failures(b), z2);
    return [-upper, -lower];
  }
  const difference = rateDifference(a, b);
  const [belowA, aboveA] = reach(a, z2);
  const [belowB, aboveB] = reach(b, z2);
  return [difference - Math.hypot(belowB, aboveA), difference + Math.hypot(aboveB, belowA)];
}

/** Distances of Wilson's lower and upper end from the rate. */
function reach(group: Conversions, z2: number): [below: number, above: number] {
  const [lower, upper] = wilsonEnds(group, z2);
  const rate = group.conversions / group.n;
  return [rate - lower, upper - rate];
}

function failures({ n, conversions }: Conversions): Conversions {
  return { n, conversions: n - conversions };
}
