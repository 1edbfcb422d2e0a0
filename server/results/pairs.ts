import type { CrossTally } from "../../core/cross-tally.ts";
import type { Experiment } from "../../core/experiment.ts";
import { adjustPValues } from "../../core/statistics/adjust-p-values.ts";
import { type IndependenceResult, independence } from "../../core/statistics/independence.ts";
import { SRM_THRESHOLD } from "../../core/statistics/sample-ratio-mismatch.ts";
import type { Analysis } from "./analysis.ts";

/** Whether the groups of one experiment say anything about those of another. */
export interface Pair {
  readonly a: Pick<Experiment, "key" | "title">;
  readonly b: Pick<Experiment, "key" | "title">;
  /** Devices that were exposed to both. */
  readonly devices: number;
  /** Cramér's V, 0 to 1; null where it cannot be computed. */
  readonly cramersV: number | null;
  /** Of Pearson's chi-square, or of Fisher's exact test where an expected count is below 5 and that can be computed. */
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** Among all pairs, by Holm. */
  readonly adjustedP: number | null;
  /** `linked`: equal salts, so on purpose. `untested`: too few devices have seen both, or none may. */
  readonly status: "independent" | "dependent" | "linked" | "untested";
}

/** Below it two experiments are said to depend on each other: rare, because it is looked at every day. */
export const PAIR_THRESHOLD = SRM_THRESHOLD;

/** All pairs of the experiments that are on, in their present epochs. */
export async function pairsOf(
  experiments: readonly Experiment[],
  run: string | null,
  analysis: Pick<Analysis, "crossTallies">,
): Promise<Pair[]> {
  const live = experiments.filter(({ state }) => state === "active");
  const pairs = live.flatMap((a, place) => live.slice(place + 1).map((b) => [a, b] as const));
  if (pairs.length === 0) return [];
  const crossing = ({ key, epoch }: Experiment) => ({ experiment: key, epoch });
  const tallies = await analysis.crossTallies(
    pairs.map(([a, b]) => [crossing(a), crossing(b)] as const),
    { run },
  );
  const found = pairs.map(([a, b], place) => {
    const table = tableOf(a, b, tallies[place] as CrossTally);
    const result = independence({ table });
    const isLinked = a.unit === b.unit && (a.salt ?? a.key) === (b.salt ?? b.key);
    return { a, b, isLinked, result, devices: table.flat().reduce((sum, count) => sum + count, 0), ...shownP(result) };
  });
  // What is linked on purpose is no test.
  const { holm } = adjustPValues({
    pValues: found.map(({ isLinked, pValue }) => (isLinked ? null : pValue)),
    alpha: PAIR_THRESHOLD,
  });
  return found.map(({ a, b, devices, isLinked, result, pValue, log10P }, place) => {
    const adjustedP = holm[place] ?? null;
    const status = adjustedP === null ? "untested" : adjustedP < PAIR_THRESHOLD ? "dependent" : "independent";
    const nameOf = ({ key, title }: Experiment) => ({ key, title });
    const { cramersV } = result;
    return {
      a: nameOf(a),
      b: nameOf(b),
      devices,
      cramersV,
      pValue,
      log10P,
      adjustedP,
      status: isLinked ? "linked" : status,
    };
  });
}

/** The devices of groups that the experiments have: anybody may send an event of another. */
function tableOf(a: Experiment, b: Experiment, { a: rows, b: columns, table }: CrossTally): number[][] {
  return a.groups.map((row) =>
    b.groups.map((column) => table[rows.groups.indexOf(row.name)]?.[columns.groups.indexOf(column.name)] ?? 0),
  );
}

function shownP({ status, pValue, log10P, fisherP, fisherLog10P }: IndependenceResult) {
  if (status === "ok") return { pValue, log10P };
  return status === "small_counts" ? { pValue: fisherP, log10P: fisherLog10P } : { pValue: null, log10P: null };
}
