import { Low } from "lowdb";
import type { Experiment } from "../../core/experiment.ts";
import type { RegistryContent } from "./content.ts";
import { ExperimentsFile } from "./experiments-file.ts";

/** The experiments, in the order in which they were created. Reads are from memory; a change is durable when it resolves. */
export interface Registry {
  list(): readonly Experiment[];
  get(key: string): Experiment | undefined;
  /**
   * Replaces one experiment by what `change` makes of it. Changes happen one after the other; when `change` throws or the
   * write fails, nothing has changed. Resolves to undefined when there is no such experiment.
   */
  update(key: string, change: (experiment: Experiment) => Experiment): Promise<Experiment | undefined>;
}

/** Opens `path`; in a new folder it is created with `initial`. Throws CorruptRegistry. */
export async function openRegistry(path: string, initial: readonly Experiment[]): Promise<Registry> {
  const low = new Low<RegistryContent>(new ExperimentsFile(path), { schema: 1, experiments: [] });
  const before = await low.adapter.read();
  low.data = before ?? { schema: 1, experiments: initial };
  if (!before) await low.write();

  let byKey = index(low.data);
  let tail: Promise<unknown> = Promise.resolve();

  const update = async (key: string, change: (experiment: Experiment) => Experiment) => {
    const current = byKey.get(key);
    if (!current) return undefined;
    const changed = change(current);
    const content: RegistryContent = {
      schema: 1,
      experiments: low.data.experiments.map((experiment) => (experiment === current ? changed : experiment)),
    };
    // The adapter first, memory after: lowdb keeps a change in memory even when its write failed.
    await low.adapter.write(content);
    low.data = content;
    byKey = index(content);
    return changed;
  };

  return {
    list: () => low.data.experiments,
    get: (key) => byKey.get(key),
    update(key, change) {
      const done = tail.then(() => update(key, change));
      tail = done.catch(() => undefined);
      return done;
    },
  };
}

function index({ experiments }: RegistryContent): ReadonlyMap<string, Experiment> {
  return new Map(experiments.map((experiment) => [experiment.key, experiment]));
}
