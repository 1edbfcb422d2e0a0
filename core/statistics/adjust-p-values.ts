import { requireBetween, requireWithin } from "./require.ts";

export interface AdjustPValuesInput {
  /** One per comparison, 0 to 1; null for one that could not be computed. */
  readonly pValues: readonly (number | null)[];
  /** The error rate of the whole family, above 0 and below 1. */
  readonly alpha: number;
}

/** Each list is in the order of the input; null stays null. */
export interface AdjustPValuesResult {
  /** Holm: compared with alpha, the probability of any false rejection stays at alpha. */
  readonly holm: (number | null)[];
  /**
   * Benjamini–Hochberg: compared with alpha, the expected share of false rejections stays at
   * alpha.
   */
  readonly bh: (number | null)[];
  /** Adjusted ≤ alpha. */
  readonly holmRejected: (boolean | null)[];
  readonly bhRejected: (boolean | null)[];
}

/**
 * Adjusts several p-values for multiple comparisons: Holm for the primary family,
 * Benjamini–Hochberg for secondary goals. A null does not count as a comparison.
 *
 * Source: S. Holm 1979 (step down, running maximum); Y. Benjamini & Y. Hochberg 1995 (step up,
 * running minimum).
 *
 * @throws RangeError if a p-value is not from 0 to 1, or alpha not between 0 and 1
 * @example
 * adjustPValues({ pValues: [0.01, 0.04, 0.03, 0.005], alpha: 0.05 }).holm
 *  // [0.03, 0.06, 0.06, 0.02]
 */
export function adjustPValues({ pValues, alpha }: AdjustPValuesInput): AdjustPValuesResult {
  requireBetween("alpha", alpha, 0, 1);
  const ascending: { p: number; index: number }[] = [];
  for (const [index, p] of pValues.entries()) {
    if (p === null) continue;
    requireWithin(`pValues[${index}]`, p, 0, 1);
    ascending.push({ p, index });
  }
  ascending.sort((left, right) => left.p - right.p);
  const m = ascending.length;

  const holm: (number | null)[] = pValues.map(() => null);
  let largest = 0;
  for (const [rank, { p, index }] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, p * (m - rank)));
    holm[index] = largest;
  }

  const bh: (number | null)[] = pValues.map(() => null);
  let smallest = 1;
  for (const [fromTop, { p, index }] of ascending.toReversed().entries()) {
    smallest = Math.min(smallest, (p * m) / (m - fromTop));
    bh[index] = smallest;
  }

  const isRejected = (adjusted: number | null) => (adjusted === null ? null : adjusted <= alpha);
  return { holm, bh, holmRejected: holm.map(isRejected), bhRejected: bh.map(isRejected) };
}
