import { lnBinomialTerm } from "./saddle-point.ts";
import { complement, IMPOSSIBLE, SURE, type Tail, tailOfLog } from "./tail.ts";

/**
 * An urn with `population` items, of which `marked` are marked; `drawn` are drawn without
 * replacement.
 */
export interface Urn {
  readonly population: number;
  readonly marked: number;
  readonly drawn: number;
}

/** The minimum and maximum number of marked items among the drawn. */
export function support({ population, marked, drawn }: Urn): readonly [min: number, max: number] {
  return [Math.max(0, drawn + marked - population), Math.min(drawn, marked)];
}

/**
 * ln P(X = k): exactly k of the drawn are marked, k within the support.
 *
 * Source: Loader 2000, the product of two binomial probabilities over a third, with p =
 * drawn/population (R's dhyper).
 */
export function lnHypergeometricTerm(k: number, { population, marked, drawn }: Urn): number {
  const left = population - drawn;
  if (drawn === 0 || left === 0) return 0;
  const p = drawn / population;
  const q = left / population;
  return (
    lnBinomialTerm(k, marked - k, p, q) +
    lnBinomialTerm(drawn - k, left - marked + k, p, q) -
    lnBinomialTerm(drawn, left, p, q)
  );
}

/**
 * P(X ≤ k) and P(X ≥ k), both including k, so that they add up to 1 + P(X = k). Each is summed
 * on its own side of the mean. Relative error below 1e-11 up to a population of 1e7, below 1e-9 up
 * to 1e9.
 *
 * @param k any whole number
 * @example hypergeometricTails(5, { population: 10, marked: 5, drawn: 5 }).upper.p // 1/252
 */
export function hypergeometricTails(k: number, urn: Urn): { lower: Tail; upper: Tail } {
  const mean = (urn.drawn / urn.population) * urn.marked;
  return {
    lower: k < mean ? hypergeometricTail(k, -1, urn) : complement(hypergeometricTail(k + 1, 1, urn)),
    upper: k > mean ? hypergeometricTail(k, 1, urn) : complement(hypergeometricTail(k - 1, -1, urn)),
  };
}

/**
 * P(X ≥ k) for direction 1, P(X ≤ k) for −1, summed from k outwards; k must be on that side
 * of the mean.
 */
export function hypergeometricTail(k: number, direction: 1 | -1, urn: Urn): Tail {
  const [min, max] = support(urn);
  if (direction === 1 ? k > max : k < min) return IMPOSSIBLE;
  if (direction === 1 ? k <= min : k >= max) return SURE;
  return tailOfLog(lnHypergeometricTerm(k, urn) + Math.log(sumOutwards(k, direction, urn)));
}

/**
 * (P(X = k) + P(X = k ± 1) + …) / P(X = k). The ratio of neighbours falls with every step, so a
 * geometric series bounds the remainder. The sum ends when that is negligible: after about nine
 * standard deviations.
 */
function sumOutwards(k: number, direction: 1 | -1, { population, marked, drawn }: Urn): number {
  const surplus = population - marked - drawn;
  let sum = 1;
  let term = 1;
  for (let j = k; ; j += direction) {
    const ratio =
      direction === 1
        ? ((marked - j) / (j + 1)) * ((drawn - j) / (surplus + j + 1))
        : (j / (marked - j + 1)) * ((surplus + j) / (drawn - j + 1));
    term *= ratio;
    sum += term;
    if (!(term > 1e-17 * (1 - ratio) * sum)) return sum; // written so that NaN also ends the loop
  }
}
