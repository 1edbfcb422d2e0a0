import { type PValue, pValueOf, tailOfLog } from "./tail.ts";

/**
 * The p-value of an e-value: min(1, 1/E). By Ville's inequality E ever reaches 1/alpha with
 * probability at most alpha.
 *
 * @param logE natural logarithm of the e-value
 */
export function evidenceAgainst(logE: number): PValue {
  return pValueOf(tailOfLog(-logE));
}
