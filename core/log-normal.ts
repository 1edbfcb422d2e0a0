import type { Random } from "./random-streams.ts";

/**
 * Draws from a log-normal distribution. Polar form of Box and Muller; uses one of its two normal
 * numbers.
 *
 * @param sigma standard deviation of the logarithm; 0 for always the median
 */
export function logNormal(median: number, sigma: number, random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}
