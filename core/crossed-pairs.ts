import { type IndependenceResult, independence } from "./statistics/independence.ts";
import { SRM_THRESHOLD } from "./statistics/sample-ratio-mismatch.ts";

/** Level below which two experiments count as dependent: low, because it is checked every day. */
export const PAIR_THRESHOLD = SRM_THRESHOLD;

/** Two experiments and their contingency table. */
export interface CrossedPair {
  /** Devices exposed to both: a row per group of one, a column per group of the other. */
  readonly table: readonly (readonly number[])[];
  /** Dependent on purpose, by equal salts: not tested, and not counted in the adjustment of p. */
  readonly isLinked?: boolean;
}

/** Test of independence of two experiments' groups. */
export interface TestedPair {
  /** Devices exposed to both. */
  readonly devices: number;
  /** Cramér's V, 0 to 1; null where it cannot be computed. */
  readonly cramersV: number | null;
  /**
   * The p-value of Pearson's chi-square test, or of Fisher's exact test if an expected count is
   * below 5. Null for tables larger than 2 × 2 with such a count, where chi-square is unreliable.
   */
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** Adjusted over all pairs, by Holm. */
  readonly adjustedP: number | null;
  /** `untested`: too few devices are in both, or none can be. */
  readonly status: "independent" | "dependent" | "linked" | "untested";
}

/** A pair before the adjustment of p for the others of its family. */
export type UnadjustedPair = Omit<TestedPair, "adjustedP" | "status"> & { readonly isLinked: boolean };

export function testedPair({ table, isLinked = false }: CrossedPair): UnadjustedPair {
  const result = independence({ table });
  const devices = table.flat().reduce((sum, count) => sum + count, 0);
  return { devices, isLinked, cramersV: result.cramersV, ...shownP(result) };
}

/**
 * Holm's adjustment in a family of pairs: the adjusted p of one of its p-values. Equal to
 * `adjustPValues`, without an object for each of half a million pairs.
 */
export function adjustedBy(family: readonly UnadjustedPair[]): (p: number) => number {
  let count = 0;
  const all = new Float64Array(family.length);
  for (const { isLinked, pValue } of family) {
    if (isLinked || pValue === null) continue;
    all[count] = pValue;
    count += 1;
  }
  const pValues = all.subarray(0, count).sort();
  const holm = new Float64Array(count);
  let largest = 0;
  for (let rank = 0; rank < count; rank += 1) {
    largest = Math.max(largest, Math.min(1, (pValues[rank] as number) * (count - rank)));
    holm[rank] = largest;
  }
  return (p) => holm[firstAtLeast(pValues, p)] ?? 1;
}

export function withAdjusted({ isLinked, ...pair }: UnadjustedPair, adjusted: (p: number) => number): TestedPair {
  const adjustedP = isLinked || pair.pValue === null ? null : adjusted(pair.pValue);
  const status = adjustedP === null ? "untested" : adjustedP < PAIR_THRESHOLD ? "dependent" : "independent";
  return { ...pair, adjustedP, status: isLinked ? "linked" : status };
}

/** Tests pairs as one family, in their order. */
export function testPairs(pairs: readonly CrossedPair[]): TestedPair[] {
  const found = pairs.map(testedPair);
  const adjusted = adjustedBy(found);
  return found.map((pair) => withAdjusted(pair, adjusted));
}

/** Place of the first number of an ascending list that is not less than another. */
function firstAtLeast(ascending: Float64Array, min: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < min) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shownP({ status, pValue, log10P, fisherP, fisherLog10P }: IndependenceResult) {
  if (status === "ok") return { pValue, log10P };
  return status === "small_counts" ? { pValue: fisherP, log10P: fisherLog10P } : { pValue: null, log10P: null };
}
