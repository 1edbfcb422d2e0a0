import { type PValue, pValueOf, tailOfLog } from "./tail.ts";

/**
 * The p-value of an e-value: min(1, 1/E). By Ville's inequality the probability that E ever reaches
 * 1/alpha is at most alpha.
 *
 * @param logE natural logarithm of the e-value
 */
export function evidenceAgainst(logE: number): PValue {
  return pValueOf(tailOfLog(-logE));
}
