import { SURE, type Tail, tailOfLog } from "./tail.ts";

/** A distribution over whole numbers that rises to its peak and falls after it. */
export interface Unimodal {
  readonly fewest: number;
  readonly most: number;
  /** The likeliest number; where rounding makes it a neighbour, that is a tie. */
  readonly peak: number;
  /** ln P(X = k). */
  readonly lnTerm: (k: number) => number;
  /** P(X ≤ k), asked for below the peak. */
  readonly lower: (k: number) => Tail;
  /** P(X ≥ k), asked for above the peak. */
  readonly upper: (k: number) => Tail;
}

/**
 * Numbers this close in probability count as equally likely: the tolerance of R, so that both give
 * the same p.
 */
const LN_TIE = Math.log1p(1e-7);

/**
 * The two-sided p of an exact test as R and SciPy define it: the probability of all numbers that
 * are no more likely than k. That is k's own tail, and the opposite tail from where it has become
 * as unlikely, which is found by halving.
 *
 * Source: R's binom.test and fisher.test.
 */
export function noMoreLikelyThan(k: number, { fewest, most, peak, lnTerm, lower, upper }: Unimodal): Tail {
  const limit = lnTerm(k) + LN_TIE;
  if (k === peak || lnTerm(peak) <= limit) return SURE;
  const own = k > peak ? upper(k) : lower(k);
  let unlikely = k > peak ? fewest : most;
  if (lnTerm(unlikely) > limit) return own;
  let likely = peak;
  while (Math.abs(unlikely - likely) > 1) {
    const middle = Math.floor((unlikely + likely) / 2);
    if (lnTerm(middle) <= limit) unlikely = middle;
    else likely = middle;
  }
  const other = k > peak ? lower(unlikely) : upper(unlikely);
  return tailOfLog(own.ln + Math.log1p(Math.exp(other.ln - own.ln)));
}
