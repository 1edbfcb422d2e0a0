import { armsOf } from "../../core/arms.ts";
import { adjustedBy, type TestedPair, testedPair, withAdjusted } from "../../core/crossed-pairs.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { SharedTally } from "../../core/shared-tally.ts";
import type { Analysis } from "../analysis/contract.ts";
import { inSteps } from "../memory/in-steps.ts";
import { orCountingFailed } from "./counting-failed.ts";

/** Two experiments, and whether their groups are independent. */
export interface Pair extends TestedPair {
  readonly a: Pick<Experiment, "key" | "title">;
  readonly b: Pick<Experiment, "key" | "title">;
}

export interface Pairs {
  /** Pairs that share visitors, in the order of the experiments. */
  readonly pairs: readonly Pair[];
  /** All pairs of running experiments. */
  readonly total: number;
  /** Pairs that are not independent. */
  readonly dependent: number;
  /** Pairs that were tested as one family. */
  readonly tested: number;
}

/** Finished results for the tallies that they were made of. */
const known = new WeakMap<readonly SharedTally[], { readonly madeOf: string; readonly pairs: Promise<Pairs> }>();

/** Pairs of running experiments, in their current epochs. */
export async function pairsOf(
  experiments: readonly Experiment[],
  run: string | null,
  analysis: Pick<Analysis, "sharedTallies">,
): Promise<Pairs> {
  const live = experiments.filter(({ state }) => state === "active");
  if (live.length < 2) return { pairs: [], total: 0, dependent: 0, tested: 0 };
  const crossings = live.map((experiment) => ({
    experiment: experiment.key,
    epoch: experiment.epoch,
    unit: experiment.unit,
    arms: armsOf(experiment),
  }));
  const tallies = await orCountingFailed(analysis.sharedTallies(crossings, { run }));
  const madeOf = live.map(({ key, version }) => `${key} ${version}`).join("\n");
  const last = known.get(tallies);
  const made = last?.madeOf === madeOf ? last : { madeOf, pairs: test(live, tallies) };
  known.set(tallies, made);
  return made.pairs;
}

async function test(live: readonly Experiment[], tallies: readonly SharedTally[]): Promise<Pairs> {
  const of = (place: number) => live[place] as Experiment;
  const found = await inSteps(tallies, (tally) => {
    const [a, b] = [of(tally.a), of(tally.b)];
    return testedPair({ table: tableOf(a, b, tally), isLinked: (a.salt ?? a.key) === (b.salt ?? b.key) });
  });
  const adjusted = adjustedBy(found);
  const nameOf = ({ key, title }: Experiment) => ({ key, title });
  const pairs = await inSteps(tallies, ({ a, b }, place) => ({
    a: nameOf(of(a)),
    b: nameOf(of(b)),
    ...withAdjusted(found[place] as (typeof found)[number], adjusted),
  }));
  let dependent = 0;
  let tested = 0;
  for (const { status } of pairs) {
    if (status === "dependent") dependent += 1;
    if (status === "dependent" || status === "independent") tested += 1;
  }
  return { pairs, total: (live.length * (live.length - 1)) / 2, dependent, tested };
}

/** Units of known groups: anyone can send an event with another. */
function tableOf(a: Experiment, b: Experiment, { cells }: SharedTally): number[][] {
  const table = a.groups.map(() => b.groups.map(() => 0));
  for (const cell of cells) {
    const row = table[a.groups.findIndex(({ name }) => name === cell.a)];
    const column = b.groups.findIndex(({ name }) => name === cell.b);
    if (row && column >= 0) row[column] = cell.units;
  }
  return table;
}
