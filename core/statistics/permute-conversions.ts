import { choose } from "./choose.ts";
import { type Conversions, requireConversions } from "./conversions.ts";
import { equallyExtreme } from "./equally-extreme.ts";
import { fisherExact } from "./fisher.ts";
import { hypergeometricTail, hypergeometricTails } from "./hypergeometric.ts";
import { doubled, pValueOf, SURE, tailOfLog } from "./tail.ts";

export interface BinaryPermutationInput {
  readonly kind: "binary";
  /** The control. */
  readonly a: Conversions;
  readonly b: Conversions;
}

export interface BinaryPermutationResult {
  /** `no_data`: a group has no devices. */
  readonly status: "ok" | "no_data";
  readonly kind: "hypergeometric";
  /**
   * Ways to distribute the conversions over the devices; a string if too large for a double, null
   * if longer than about 5,000 digits.
   */
  readonly permutations: number | string | null;
  /** P(a difference at least as large, in either direction); the p-value to show. */
  readonly pTwoSided: number | null;
  readonly log10PTwoSided: number | null;
  /**
   * P(B − A at least as large) and P(B − A at most as large); both include the observed value.
   */
  readonly pGreater: number | null;
  readonly pLess: number | null;
  /**
   * Two other two-sided definitions, which differ for unequal groups: Fisher's, and the doubled
   * tail.
   */
  readonly pFisher: number | null;
  readonly pDoubled: number | null;
}

/** The permutation test of a binary goal: the hypergeometric distribution, exact at any size. */
export function permuteConversions({ a, b }: Omit<BinaryPermutationInput, "kind">): BinaryPermutationResult {
  requireConversions("a", a);
  requireConversions("b", b);
  if (a.n === 0 || b.n === 0) {
    return {
      status: "no_data",
      kind: "hypergeometric",
      permutations: null,
      pTwoSided: null,
      log10PTwoSided: null,
      pGreater: null,
      pLess: null,
      pFisher: null,
      pDoubled: null,
    };
  }
  const urn = { population: a.n + b.n, marked: a.conversions + b.conversions, drawn: b.n };
  const { low, high } = equallyExtreme(b.conversions, urn.marked, urn.drawn, urn.population);
  const [below, above] = [hypergeometricTail(low, -1, urn), hypergeometricTail(high, 1, urn)];
  const [near, far] = below.ln > above.ln ? [below, above] : [above, below];
  const twoSided = low + 1 >= high ? SURE : tailOfLog(near.ln + Math.log1p(Math.exp(far.ln - near.ln)));
  const { lower, upper } = hypergeometricTails(b.conversions, urn);
  const { pValue, log10P } = pValueOf(twoSided);
  const ways = choose(urn.population, urn.marked);
  return {
    status: "ok",
    kind: "hypergeometric",
    permutations: ways === null ? null : ways <= Number.MAX_SAFE_INTEGER ? Number(ways) : ways.toString(),
    pTwoSided: pValue,
    log10PTwoSided: log10P,
    pGreater: upper.p,
    pLess: lower.p,
    pFisher: fisherExact({
      table: [
        [a.conversions, a.n - a.conversions],
        [b.conversions, b.n - b.conversions],
      ],
    }).pValue,
    pDoubled: doubled(lower.ln < upper.ln ? lower : upper).pValue,
  };
}
