/**
 * The probability of a tail together with its natural logarithm, which stays finite where the
 * probability itself underflows (below about 1e-308). Every distribution here answers with tails.
 */
export interface Tail {
  readonly p: number;
  readonly ln: number;
}

/** A p-value, and its decimal logarithm that stays finite down to 1e-20000 and beyond. */
export interface PValue {
  /** 0 to 1; 0 only where it underflows or the event is impossible. */
  readonly pValue: number;
  /** ≤ 0; -Infinity only where the event is impossible. */
  readonly log10P: number;
}

/** The sure event, and the impossible one. */
export const SURE: Tail = { p: 1, ln: 0 };
export const IMPOSSIBLE: Tail = { p: 0, ln: -Infinity };

/**
 * The tail whose logarithm was computed. Rounding may lift a logarithm of 0 by a few 1e-16: it is
 * held at 0.
 */
export function tailOfLog(ln: number): Tail {
  return ln < 0 ? { p: Math.exp(ln), ln } : SURE;
}

/**
 * Everything but this tail. Only for a tail on the near side of its mean: there the other side is
 * about a half or more, and 1 − p loses nothing. For a small probability compute its own tail
 * instead.
 */
export function complement(tail: Tail): Tail {
  return { p: 1 - tail.p, ln: Math.log1p(-tail.p) };
}

/** The tail as a p-value. */
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
