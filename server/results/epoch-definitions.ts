import type { EpochEnd, Pause } from "../../core/epoch-end.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { NotedChange } from "../../core/report/verdict-notes.ts";
import { keptByHistory, type ReadHistory } from "../registry/by-history.ts";
import { goalChanges } from "./goal-changes.ts";

/** Epochs of an experiment: their definitions, their ends, and changes within them. */
export interface Epochs {
  readonly definitions: ReadonlyMap<number, Experiment>;
  readonly ends: readonly EpochEnd[];
  readonly pauses: readonly Pause[];
  /** Windows and caps that were changed while the epoch ran, oldest first. */
  readonly changes: ReadonlyMap<number, readonly NotedChange[]>;
}

/**
 * Final definition of an experiment in each of its epochs; changes while it is stopped belong to
 * none. Unknown epochs are missing, whatever events say. An epoch ends when the experiment is
 * stopped or rolled out; one followed by another split has no end, because its devices keep their
 * groups.
 */
export const epochsOf = keptByHistory(readEpochs);

async function readEpochs(experiment: Experiment, history: ReadHistory): Promise<Epochs> {
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
  const pauses: Pause[] = [];
  if (experiment.pausedAt !== null) pauses.push({ epoch: experiment.epoch, from: experiment.pausedAt, to: null });
  for await (const entry of history.all({ key: experiment.key })) {
    if (entry.key === null) continue;
    see(entry.after);
    // Covers a history that lacks a change.
    see(entry.before);
    const from = entry.before?.pausedAt ?? null;
    if (entry.before && from !== null && entry.after?.pausedAt !== from) {
      pauses.push({ epoch: entry.before.epoch, from, to: entry.at });
    }
    const changed = goalChanges(entry);
    if (changed.length === 0 || entry.after === null) continue;
    // The history comes newest first.
    changes.set(entry.after.epoch, [...changed, ...(changes.get(entry.after.epoch) ?? [])]);
  }
  return { definitions, ends: [...ends.values()], pauses, changes };
}
