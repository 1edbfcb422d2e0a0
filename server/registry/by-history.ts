import type { Experiment } from "../../core/experiment.ts";
import { BoundedMap } from "../memory/bounded-map.ts";
import type { History } from "./history.ts";

/** The history, as far as what follows from it needs it. */
export type ReadHistory = Pick<History, "all" | "newestOf">;

/** Experiments for which a result is kept; arbitrary. The least recently used one is dropped. */
const MAX_KEPT = 1000;

interface Kept<Result> {
  readonly newest: number;
  readonly experiment: Experiment;
  readonly result: Promise<Result>;
}

/**
 * Keeps what follows from an experiment and its history until one of them changes: reading 3,000
 * changes takes a second.
 */
export function keptByHistory<Result>(make: (experiment: Experiment, history: ReadHistory) => Promise<Result>) {
  const kept = new WeakMap<ReadHistory, BoundedMap<string, Kept<Result>>>();
  return (experiment: Experiment, history: ReadHistory): Promise<Result> => {
    const { key } = experiment;
    const results = kept.get(history) ?? new BoundedMap<string, Kept<Result>>(MAX_KEPT);
    kept.set(history, results);
    const newest = history.newestOf(key);
    const known = results.get(key);
    const entry =
      known?.newest === newest && known.experiment === experiment
        ? known
        : { newest, experiment, result: make(experiment, history) };
    results.set(key, entry);
    entry.result.catch(() => results.delete(key));
    return entry.result;
  };
}
