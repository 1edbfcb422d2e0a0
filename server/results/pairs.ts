import { armsOf } from "../../core/arms.ts";
import type { CrossTally } from "../../core/cross-tally.ts";
import { type TestedPair, testPairs } from "../../core/crossed-pairs.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { Analysis } from "../analysis/contract.ts";

/** Two experiments, and whether their groups are independent. */
export interface Pair extends TestedPair {
  readonly a: Pick<Experiment, "key" | "title">;
  readonly b: Pick<Experiment, "key" | "title">;
}

/** All pairs of running experiments, in their current epochs. */
export async function pairsOf(
  experiments: readonly Experiment[],
  run: string | null,
  analysis: Pick<Analysis, "crossTallies">,
): Promise<Pair[]> {
  const live = experiments.filter(({ state }) => state === "active");
  const pairs = live.flatMap((a, place) => live.slice(place + 1).map((b) => [a, b] as const));
  if (pairs.length === 0) return [];
  const crossing = (experiment: Experiment) => ({
    experiment: experiment.key,
    epoch: experiment.epoch,
    unit: experiment.unit,
    arms: armsOf(experiment),
  });
  const tallies = await analysis.crossTallies(
    pairs.map(([a, b]) => [crossing(a), crossing(b)] as const),
    { run },
  );
  const tested = testPairs(
    pairs.map(([a, b], place) => ({
      table: tableOf(a, b, tallies[place] as CrossTally),
      isLinked: a.unit === b.unit && (a.salt ?? a.key) === (b.salt ?? b.key),
    })),
  );
  const nameOf = ({ key, title }: Experiment) => ({ key, title });
  return pairs.map(([a, b], place) => ({ a: nameOf(a), b: nameOf(b), ...(tested[place] as TestedPair) }));
}

/** Devices of known groups: anyone can send an event with another. */
function tableOf(a: Experiment, b: Experiment, { a: rows, b: columns, table }: CrossTally): number[][] {
  return a.groups.map((row) =>
    b.groups.map((column) => table[rows.groups.indexOf(row.name)]?.[columns.groups.indexOf(column.name)] ?? 0),
  );
}
