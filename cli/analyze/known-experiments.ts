import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Experiment } from "../../core/experiment.ts";
import { ExperimentsFile } from "../../server/registry/experiments-file.ts";
import { HISTORY_FILE, History } from "../../server/registry/history.ts";
import { type Epochs, epochsOf } from "../../server/results/epoch-definitions.ts";

/** An experiment that a file of definitions or a data folder knows. */
export interface KnownExperiment {
  readonly experiment: Experiment;
  /** Its periods; null when only the definition is known. */
  readonly epochs: Epochs | null;
}

/** The experiments of the data folders among the paths, by their keys. */
export async function knownExperiments(paths: readonly string[]): Promise<Map<string, KnownExperiment>> {
  const known = new Map<string, KnownExperiment>();
  for (const path of paths) {
    const file = join(path, "experiments.json");
    if (!(await stat(file).catch(() => null))) continue;
    const content = await new ExperimentsFile(file).read();
    const history = await History.look(join(path, HISTORY_FILE));
    for (const experiment of content?.experiments ?? []) {
      known.set(experiment.key, { experiment, epochs: await epochsOf(experiment, history) });
    }
  }
  return known;
}
