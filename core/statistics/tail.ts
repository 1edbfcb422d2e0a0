/**
 * A tail probability with its natural logarithm, which stays finite where the probability
 * underflows (below about 1e-308). Every distribution here returns tails.
 */
export interface Tail {
  readonly p: number;
  readonly ln: number;
}

/** A p-value with its decimal logarithm, which stays finite down to 1e-20000 and beyond. */
export interface PValue {
  /** 0 to 1; 0 only where it underflows or the event is impossible. */
  readonly pValue: number;
  /** ≤ 0; -Infinity only where the event is impossible. */
  readonly log10P: number;
}

/** The certain and the impossible event. */
export const SURE: Tail = { p: 1, ln: 0 };
export const IMPOSSIBLE: Tail = { p: 0, ln: -Infinity };

/**
 * Makes a tail from its logarithm. Rounding may raise a logarithm of 0 by a few 1e-16: cap it at 0.
 */
export function tailOfLog(ln: number): Tail {
  return ln < 0 ? { p: Math.exp(ln), ln } : SURE;
}

/**
 * The complement of a tail. Only for a tail on the near side of its mean: there the complement is
 * about a half or more, and 1 − p loses nothing. For a small probability compute its own tail
 * instead.
 */
export function complement(tail: Tail): Tail {
  return { p: 1 - tail.p, ln: Math.log1p(-tail.p) };
}

/** Converts a tail to a p-value. */
export function pValueOf(tail: Tail): PValue {
  return { pValue: tail.p, log10P: Math.min(0, tail.ln / Math.LN10) + 0 }; // + 0 turns -0 into 0
}

/**
 * Twice the tail, at most 1: the two-sided p-value of a symmetric statistic, or of the smaller of
 * two tails.
 */
export function doubled(tail: Tail): PValue {
  return pValueOf(tail.p >= 0.5 ? SURE : { p: 2 * tail.p, ln: tail.ln + Math.LN2 });
}
