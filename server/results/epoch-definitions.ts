import type { Experiment } from "../../core/experiment.ts";
import type { History } from "../registry/history.ts";

/**
 * An experiment as it was in each of its epochs, at last: what is changed while it is off changes no epoch. An epoch that it
 * never had is missing, whatever events say.
 */
export async function definitionsByEpoch(
  experiment: Experiment,
  history: Pick<History, "all">,
): Promise<ReadonlyMap<number, Experiment>> {
  const definitions = new Map<number, Experiment>();
  const see = (state: Experiment | null) => {
    if (state?.state === "active" && !definitions.has(state.epoch)) definitions.set(state.epoch, state);
  };
  see(experiment);
  for await (const entry of history.all({ key: experiment.key })) {
    if (entry.key === null) continue;
    see(entry.after);
    // Of a history that lacks a change.
    see(entry.before);
  }
  return definitions;
}
