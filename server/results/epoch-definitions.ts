import type { EpochEnd } from "../../core/epoch-end.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { NotedChange } from "../../core/report/verdict-notes.ts";
import type { History } from "../registry/history.ts";
import { goalChanges } from "./goal-changes.ts";

/** An experiment's epochs: what it was in each, when those ended that have, and what was changed in the middle of one. */
export interface Epochs {
  readonly definitions: ReadonlyMap<number, Experiment>;
  readonly ends: readonly EpochEnd[];
  /** Windows and caps that were changed while the epoch ran, oldest first. */
  readonly changes: ReadonlyMap<number, readonly NotedChange[]>;
}

/**
 * An experiment as it was in each of its epochs, at last: what is changed while it is off changes no epoch. An epoch that it
 * never had is missing, whatever events say. An epoch ends when the experiment is stopped or rolled out; one that another
 * split follows has no end, because its devices keep their groups.
 */
export async function epochsOf(experiment: Experiment, history: Pick<History, "all">): Promise<Epochs> {
  const definitions = new Map<number, Experiment>();
  const ends = new Map<number, EpochEnd>();
  const changes = new Map<number, NotedChange[]>();
  const see = (state: Experiment | null) => {
    if (state?.state === "active" && !definitions.has(state.epoch)) definitions.set(state.epoch, state);
    if (state != null && state.state !== "active" && state.endedAt !== null && !ends.has(state.epoch)) {
      ends.set(state.epoch, { epoch: state.epoch, at: state.endedAt });
    }
  };
  see(experiment);
  for await (const entry of history.all({ key: experiment.key })) {
    if (entry.key === null) continue;
    see(entry.after);
    // Of a history that lacks a change.
    see(entry.before);
    const changed = goalChanges(entry);
    if (changed.length === 0 || entry.after === null) continue;
    // The history comes newest first.
    changes.set(entry.after.epoch, [...changed, ...(changes.get(entry.after.epoch) ?? [])]);
  }
  return { definitions, ends: [...ends.values()], changes };
}
