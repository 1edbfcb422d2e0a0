import { betaTails } from "./beta.ts";
import { noMoreLikelyThan } from "./no-more-likely.ts";
import { requireCount, requireWithin } from "./require.ts";
import { lnBinomialTerm } from "./saddle-point.ts";
import { doubled, SURE, type Tail } from "./tail.ts";

export interface BinomialExactInput {
  /** Devices in the group. */
  readonly k: number;
  /** Devices in all groups. */
  readonly n: number;
  /** The group's share, 0 to 1. */
  readonly p: number;
}

export interface BinomialExactResult {
  readonly status: "ok" | "no_data";
  /** P(K ≤ k). */
  readonly pLower: number;
  /** P(K ≥ k). */
  readonly pUpper: number;
  /** Twice the smaller tail, at most 1. */
  readonly pTwoSided: number;
  /**
   * log10 of pTwoSided, finite where pTwoSided underflows; -Infinity only if a share of 0 or 1
   * makes the count impossible.
   */
  readonly log10P: number;
}

/**
 * Exact binomial test of k out of n devices in a group whose share is p. It never alarms more often
 * than its level: at alpha 2e-6 chi-square alarms up to 21 times too often on a 99:1 split.
 *
 * Source: P(K ≥ k) = I_p(k, n − k + 1) (Abramowitz & Stegun 6.6.4); two-sided by doubling.
 *
 * @returns probabilities from 0 to 1; `no_data` and all 1 if n is 0
 * @throws RangeError if n is not a whole number from 0 to 10^12, k not one from 0 to n, or p not
 * from 0 to 1
 * @example binomialExact({ k: 60, n: 100, p: 0.5 }).pTwoSided // 0.05688793364098079
 */
export function binomialExact({ k, n, p }: BinomialExactInput): BinomialExactResult {
  requireCount("n", n);
  requireCount("k", k, 0, n);
  requireWithin("p", p, 0, 1);
  const lower = lowerTail(k, n, p, 1 - p);
  const upper = upperTail(k, n, p, 1 - p);
  const { pValue, log10P } = doubled(lower.ln < upper.ln ? lower : upper);
  return { status: n === 0 ? "no_data" : "ok", pLower: lower.p, pUpper: upper.p, pTwoSided: pValue, log10P };
}

/**
 * The two-sided p of R's binom.test and SciPy's binomtest: P(a count no more likely than k). It can
 * be above or below the doubled tail, and equals it at a share of one half.
 *
 * @param p the group's share, above 0
 * @param q 1 − p, above 0
 */
export function binomialNoMoreLikely(k: number, n: number, p: number, q: number): Tail {
  return noMoreLikelyThan(k, {
    min: 0,
    max: n,
    peak: Math.min(n, Math.floor((n + 1) * p)),
    lnTerm: (j) => lnBinomialTerm(j, n - j, p, q),
    lower: (j) => lowerTail(j, n, p, q),
    upper: (j) => upperTail(j, n, p, q),
  });
}

function lowerTail(k: number, n: number, p: number, q: number): Tail {
  return k === n ? SURE : betaTails(q, p, n - k, k + 1).lower;
}

function upperTail(k: number, n: number, p: number, q: number): Tail {
  return k === 0 ? SURE : betaTails(p, q, k, n - k + 1).lower;
}
