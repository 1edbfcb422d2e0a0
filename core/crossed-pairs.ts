import { adjustPValues } from "./statistics/adjust-p-values.ts";
import { type IndependenceResult, independence } from "./statistics/independence.ts";
import { SRM_THRESHOLD } from "./statistics/sample-ratio-mismatch.ts";

/** Below it two experiments are said to depend on each other: rare, because it is looked at every day. */
export const PAIR_THRESHOLD = SRM_THRESHOLD;

/** Two experiments whose devices are crossed. */
export interface CrossedPair {
  /** Devices that were exposed to both: a row per group of one, a column per group of the other. */
  readonly table: readonly (readonly number[])[];
  /** Depends on each other on purpose, by equal salts: no test then, and none among those that p is adjusted for. */
  readonly isLinked?: boolean;
}

/** Whether the groups of one experiment say anything about those of another. */
export interface TestedPair {
  /** Devices that were exposed to both. */
  readonly devices: number;
  /** Cramér's V, 0 to 1; null where it cannot be computed. */
  readonly cramersV: number | null;
  /**
   * Of Pearson's chi-square; of Fisher's exact test where an expected count is below 5. For larger tables than 2 × 2 there is
   * none of that, and chi-square is not to be trusted there: null.
   */
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** Among all pairs, by Holm. */
  readonly adjustedP: number | null;
  /** `untested`: too few devices have seen both, or none may. */
  readonly status: "independent" | "dependent" | "linked" | "untested";
}

/** Tests pairs that are looked at together, in their order. */
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
