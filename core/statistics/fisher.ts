import { hypergeometricTail, hypergeometricTails, lnHypergeometricTerm, support } from "./hypergeometric.ts";
import { noMoreLikelyThan } from "./no-more-likely.ts";
import { reject, requireCount } from "./require.ts";
import { type PValue, pValueOf } from "./tail.ts";

/** Two rows of two counts, each a whole number from 0 to 10^12. */
export type TwoByTwo = readonly [readonly [number, number], readonly [number, number]];

export interface FisherExactInput {
  readonly table: TwoByTwo;
}

export interface FisherExactResult extends PValue {
  /** P(first cell ≤ observed), given the margins. */
  readonly pLower: number;
  /** P(first cell ≥ observed), given the margins. */
  readonly pUpper: number;
}

/**
 * Fisher's exact two-sided test of independence in a 2 × 2 table: the probability, given the
 * margins, of all tables that are no more likely than this one. Valid at any size; 1e9 takes a few
 * milliseconds.
 *
 * Source: R. A. Fisher 1935; two-sided as in R's fisher.test.
 *
 * @returns pValue above 0 (it may underflow) up to 1, its log10P, and both one-sided tails
 * @throws RangeError if the table is not 2 × 2, or a count is not a whole number from 0 to 10^12
 * @example fisherExact({ table: [[8, 2], [1, 5]] }).pValue // 0.03496503496503497
 */
export function fisherExact({ table }: FisherExactInput): FisherExactResult {
  if (table.length !== 2 || table.some((row) => row.length !== 2)) {
    reject("table", JSON.stringify(table), "two rows of two counts");
  }
  for (const [i, row] of table.entries()) {
    for (const [j, count] of row.entries()) requireCount(`table[${i}][${j}]`, count);
  }
  const [[a, b], [c, d]] = table;
  const urn = { population: a + b + c + d, marked: a + b, drawn: a + c };
  const [min, max] = support(urn);
  const mode = Math.floor(((urn.drawn + 1) / (urn.population + 2)) * (urn.marked + 1));
  const twoSided = noMoreLikelyThan(a, {
    min,
    max,
    peak: Math.min(max, Math.max(min, mode)),
    lnTerm: (k) => lnHypergeometricTerm(k, urn),
    lower: (k) => hypergeometricTail(k, -1, urn),
    upper: (k) => hypergeometricTail(k, 1, urn),
  });
  const { lower, upper } = hypergeometricTails(a, urn);
  return { ...pValueOf(twoSided), pLower: lower.p, pUpper: upper.p };
}
