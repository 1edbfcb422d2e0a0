import { adjustPValues } from "./statistics/adjust-p-values.ts";
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

/** Tests pairs as one family, in their order. */
export function testPairs(pairs: readonly CrossedPair[]): TestedPair[] {
  const found = pairs.map(({ table, isLinked = false }) => {
    const result = independence({ table });
    const devices = table.flat().reduce((sum, count) => sum + count, 0);
    return { devices, isLinked, cramersV: result.cramersV, ...shownP(result) };
  });
  const { holm } = adjustPValues({
    pValues: found.map(({ isLinked, pValue }) => (isLinked ? null : pValue)),
    alpha: PAIR_THRESHOLD,
  });
  return found.map(({ isLinked, ...pair }, place) => {
    const adjustedP = holm[place] ?? null;
    const status = adjustedP === null ? "untested" : adjustedP < PAIR_THRESHOLD ? "dependent" : "independent";
    return { ...pair, adjustedP, status: isLinked ? "linked" : status };
  });
}

function shownP({ status, pValue, log10P, fisherP, fisherLog10P }: IndependenceResult) {
  if (status === "ok") return { pValue, log10P };
  return status === "small_counts" ? { pValue: fisherP, log10P: fisherLog10P } : { pValue: null, log10P: null };
}
