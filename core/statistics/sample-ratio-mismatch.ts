import { binomialNoMoreLikely } from "./binomial-exact.ts";
import { chiSquareTail } from "./chi-square.ts";
import { reject, requireBetween, requireCount, requireWithin } from "./require.ts";
import { type PValue, pValueOf } from "./tail.ts";

/** The usual alarm level, low because an alarm stops an experiment (Fabijan et al. 2019). */
export const SRM_THRESHOLD = 0.001;

export interface SampleRatioMismatchInput {
  /** Devices per group. */
  readonly counts: readonly number[];
  /** The weights of the same groups in the same order, in this epoch; only their ratios matter. */
  readonly weights: readonly number[];
  /** Alarm below this p-value; default SRM_THRESHOLD. */
  readonly threshold?: number;
}

export interface SampleRatioMismatchResult {
  /**
   * `small_counts`: an expected count is below 5. `unexpected_arm`: devices in a group of weight 0,
   * a hard failure. `single_arm`: fewer than two groups with a weight. `no_data`: no devices.
   */
  readonly status: "ok" | "small_counts" | "unexpected_arm" | "single_arm" | "no_data";
  readonly chi2: number | null;
  /** Groups with a weight, minus one. */
  readonly df: number | null;
  /** The p-value of the chi-square test. */
  readonly pValue: number | null;
  readonly log10P: number | null;
  readonly minExpected: number | null;
  /** The exact binomial p of R's binom.test, if exactly two groups have a weight. */
  readonly exactBinomialP: number | null;
  readonly exactBinomialLog10P: number | null;
  /** The p-value that decides: `exactBinomialP` for small counts of two groups, else `pValue`. */
  readonly decidingP: number | null;
  /** decidingP < threshold. */
  readonly mismatch: boolean;
}

const UNTESTED: SampleRatioMismatchResult = {
  status: "no_data",
  chi2: null,
  df: null,
  pValue: null,
  log10P: null,
  minExpected: null,
  exactBinomialP: null,
  exactBinomialLog10P: null,
  decidingP: null,
  mismatch: false,
};

/**
 * Tests whether devices are split over the groups as the weights say: chi-square goodness of fit,
 * or the exact binomial test for two groups with an expected count below 5. A group of weight 0
 * must be empty and is then ignored; an empty group with a weight counts.
 *
 * Source: Pearson 1900; Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled
 * Experiments", KDD 2019.
 *
 * @throws RangeError if counts and weights differ in length, a count is not a whole number from 0
 * to 10^12, a weight is neither 0 nor from 1e-12 to 2^53 − 1, or the threshold is not between 0 and
 * 1
 * @example sampleRatioMismatch({ counts: [5612, 4388], weights: [50, 50] }).mismatch // true
 */
export function sampleRatioMismatch(input: SampleRatioMismatchInput): SampleRatioMismatchResult {
  const { counts, weights, threshold = SRM_THRESHOLD } = input;
  rejectInvalid(counts, weights, threshold);
  if (counts.some((count, i) => count > 0 && weights[i] === 0)) {
    return { ...UNTESTED, status: "unexpected_arm", pValue: 0, log10P: -Infinity, decidingP: 0, mismatch: true };
  }
  const groups = counts.map((count, i) => ({ count, weight: weights[i] ?? 0 })).filter(({ weight }) => weight > 0);
  const n = groups.reduce((total, { count }) => total + count, 0);
  const weightTotal = groups.reduce((total, { weight }) => total + weight, 0);
  const df = Math.max(0, groups.length - 1);
  const [first, second] = groups;
  if (first === undefined || second === undefined) return { ...UNTESTED, status: "single_arm", df };
  if (n === 0) return { ...UNTESTED, df };

  let chi2 = 0;
  let minExpected = Infinity;
  for (const { count, weight } of groups) {
    const expected = (n * weight) / weightTotal;
    chi2 += (count - expected) ** 2 / expected;
    minExpected = Math.min(minExpected, expected);
  }
  const chiSquare: PValue = pValueOf(chiSquareTail(chi2, df));
  const exact =
    df === 1
      ? pValueOf(binomialNoMoreLikely(first.count, n, first.weight / weightTotal, second.weight / weightTotal))
      : null;
  const decidingP = (minExpected < 5 ? exact?.pValue : null) ?? chiSquare.pValue;
  return {
    status: minExpected < 5 ? "small_counts" : "ok",
    chi2,
    df,
    ...chiSquare,
    minExpected,
    exactBinomialP: exact?.pValue ?? null,
    exactBinomialLog10P: exact?.log10P ?? null,
    decidingP,
    mismatch: decidingP < threshold,
  };
}

function rejectInvalid(counts: readonly number[], weights: readonly number[], threshold: number): void {
  const { length } = counts;
  if (weights.length !== length) reject("weights.length", weights.length, `${length}, one for each count`);
  for (const [i, count] of counts.entries()) requireCount(`counts[${i}]`, count);
  for (const [i, weight] of weights.entries()) {
    if (weight !== 0) requireWithin(`weights[${i}]`, weight, 1e-12, Number.MAX_SAFE_INTEGER); // 1e-12: arbitrary
  }
  requireBetween("threshold", threshold, 0, 1);
}
