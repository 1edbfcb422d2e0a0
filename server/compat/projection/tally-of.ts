import type { Experiment } from "../../../core/experiment.ts";
import type { Goal } from "../../../core/goal.ts";
import type { GroupTally } from "../../../core/tally.ts";
import type { Analysis } from "../../analysis/contract.ts";
import { orCountingFailed } from "../../results/counting-failed.ts";

/** Counts of an experiment's present epoch by group, for goals in the order that they are given. */
export async function tallyOf(
  analysis: Analysis,
  { key, epoch }: Experiment,
  goals: readonly Goal[],
): Promise<ReadonlyMap<string, GroupTally>> {
  const { epochs } = await orCountingFailed(analysis.tally(key, { goals, run: null }));
  const present = epochs.find((one) => one.epoch === epoch);
  return new Map((present?.groups ?? []).map((group) => [group.group, group]));
}
