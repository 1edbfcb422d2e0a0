import type { Conversions } from "./conversions.ts";
import { normalQuantile } from "./normal.ts";
import { requireAlpha, requireCount } from "./require.ts";

export interface WilsonInput {
  readonly conversions: number;
  /** Devices. */
  readonly n: number;
  /** The interval covers the true rate with probability 1 − alpha. */
  readonly alpha: number;
}

/** Lower and upper end, each a rate from 0 to 1; null without devices. */
export type WilsonResult = readonly [lower: number, upper: number] | null;

/**
 * Wilson's interval of a conversion rate. Unlike p ± z·se it stays within 0 to 1 and does not
 * shrink to a point at 0 or n conversions: the lower end is exactly 0 at no conversion, the upper
 * one exactly 1 at n.
 *
 * Source: E. B. Wilson 1927, "Probable Inference, the Law of Succession, and Statistical
 * Inference".
 *
 * @throws RangeError if n is not a whole number from 0 to 10^12, conversions not one from 0 to n,
 * or alpha not between 0 and 1
 * @example
 * wilson({ conversions: 100, n: 1000, alpha: 0.05 })
 *  // [0.0829094435930957, 0.12015196319534839]
 */
export function wilson({ conversions, n, alpha }: WilsonInput): WilsonResult {
  requireCount("n", n);
  requireCount("conversions", conversions, 0, n);
  requireAlpha(alpha);
  if (n === 0) return null;
  return wilsonEnds({ n, conversions }, normalQuantile(alpha / 2) ** 2);
}

/** The interval of n > 0 devices, for the square of the critical value. */
export function wilsonEnds({ n, conversions }: Conversions, z2: number): readonly [lower: number, upper: number] {
  const spread = Math.sqrt(z2 * ((conversions * (n - conversions)) / n + z2 / 4));
  const upper = conversions === n ? 1 : (conversions + z2 / 2 + spread) / (n + z2);
  // The ends are the roots of a quadratic with product x²/(n(n + z²)), which avoids a difference
  // of near-equal numbers.
  const lower = ((conversions / n) * conversions) / (n + z2) / upper;
  return [lower, upper];
}
