import { Low } from "lowdb";
import type { Experiment } from "../../core/experiment.ts";
import { checkLinks } from "../../core/links.ts";
import { DEFAULT_SETTINGS, parseSettings, type Settings } from "../../core/settings.ts";
import type { RegistryContent } from "./content.ts";
import { ExperimentsFile } from "./experiments-file.ts";

/** The experiments, in the order in which they were created. Reads are from memory; a change is durable when it resolves. */
export interface Registry {
  list(): readonly Experiment[];
  get(key: string): Experiment | undefined;
  settings(): Settings;
  /**
   * Replaces one experiment by what `change` makes of it. Changes happen one after the other; when `change` throws, the
   * experiments do not fit together (InvalidInput), or the write fails, nothing has changed. Resolves to undefined when
   * there is no such experiment.
   */
  update(key: string, change: (experiment: Experiment) => Experiment): Promise<Experiment | undefined>;
  /** Replaces the settings, in turn with the other changes. Throws InvalidInput. */
  updateSettings(change: (settings: Settings) => Settings): Promise<Settings>;
}

/** Opens `path`; in a new folder it is created with `initial`. Throws CorruptRegistry. */
export async function openRegistry(path: string, initial: readonly Experiment[]): Promise<Registry> {
  const low = new Low<RegistryContent>(new ExperimentsFile(path), { settings: DEFAULT_SETTINGS, experiments: [] });
  const before = await low.adapter.read();
  low.data = before ?? { settings: DEFAULT_SETTINGS, experiments: initial };
  checkLinks(low.data.experiments);
  if (!before) await low.write();

  let byKey = index(low.data);
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const done = tail.then(change);
    tail = done.catch(() => undefined);
    return done;
  };
  const write = async (content: RegistryContent) => {
    // The adapter first, memory after: lowdb keeps a change in memory even when its write failed.
    await low.adapter.write(content);
    low.data = content;
    byKey = index(content);
  };

  return {
    list: () => low.data.experiments,
    get: (key) => byKey.get(key),
    settings: () => low.data.settings,
    update: (key, change) =>
      inTurn(async () => {
        const current = byKey.get(key);
        if (!current) return undefined;
        const changed = change(current);
        const experiments = low.data.experiments.map((experiment) => (experiment === current ? changed : experiment));
        checkLinks(experiments, key);
        await write({ ...low.data, experiments });
        return changed;
      }),
    updateSettings: (change) =>
      inTurn(async () => {
        const settings = parseSettings(change(low.data.settings));
        await write({ ...low.data, settings });
        return settings;
      }),
  };
}

function index({ experiments }: RegistryContent): ReadonlyMap<string, Experiment> {
  return new Map(experiments.map((experiment) => [experiment.key, experiment]));
}
