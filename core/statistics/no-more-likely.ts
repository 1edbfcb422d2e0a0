import { SURE, type Tail, tailOfLog } from "./tail.ts";

/** A unimodal distribution over whole numbers. */
export interface Unimodal {
  readonly min: number;
  readonly max: number;
  /** The mode; rounding may yield a neighbour with practically the same probability. */
  readonly peak: number;
  /** ln P(X = k). */
  readonly lnTerm: (k: number) => number;
  /** P(X ≤ k), called only below the peak. */
  readonly lower: (k: number) => Tail;
  /** P(X ≥ k), called only above the peak. */
  readonly upper: (k: number) => Tail;
}

/** Probabilities this close count as equal: R's tolerance, so that p agrees with R. */
const LN_TIE = Math.log1p(1e-7);

/**
 * The two-sided p of an exact test as R and SciPy define it: the probability of all numbers that
 * are no more likely than k. That is the tail of k plus the opposite tail from the first number as
 * unlikely, found by bisection.
 *
 * Source: R's binom.test and fisher.test.
 */
export function noMoreLikelyThan(k: number, { min, max, peak, lnTerm, lower, upper }: Unimodal): Tail {
  const limit = lnTerm(k) + LN_TIE;
  if (k === peak || lnTerm(peak) <= limit) return SURE;
  const own = k > peak ? upper(k) : lower(k);
  let unlikely = k > peak ? min : max;
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
