import { type Conversions, rateDifference } from "./conversions.ts";
import { wilsonEnds } from "./wilson.ts";

/**
 * Newcombe's interval of rate B − rate A: Wilson's intervals of both groups put together. It can
 * disagree with the p-value, so it is not the one to show.
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
    // The same in failures, which near 100 % are the numbers with digits.
    const [lower, upper] = newcombe(failures(a), failures(b), z2);
    return [-upper, -lower];
  }
  const difference = rateDifference(a, b);
  const [belowA, aboveA] = reach(a, z2);
  const [belowB, aboveB] = reach(b, z2);
  return [difference - Math.hypot(belowB, aboveA), difference + Math.hypot(aboveB, belowA)];
}

/** How far Wilson's interval reaches below and above the rate. */
function reach(group: Conversions, z2: number): [below: number, above: number] {
  const [lower, upper] = wilsonEnds(group, z2);
  const rate = group.conversions / group.n;
  return [rate - lower, upper - rate];
}

function failures({ n, conversions }: Conversions): Conversions {
  return { n, conversions: n - conversions };
}
