import { isRecord } from "../../core/event-fields.ts";
import { keyFromTitle } from "../../core/key-from-title.ts";
import {
  type Imported,
  type ImportedAssignment,
  type ImportedExperiment,
  NotImportable,
  wholeWeights,
} from "./imported.ts";

/** The platform's lists: `{experiments: [...], user_groups: [...]}`, or the experiments alone. */
export function importDjango(input: unknown): Imported {
  const experiments = Array.isArray(input) ? input : isRecord(input) ? input.experiments : undefined;
  if (!Array.isArray(experiments) || !experiments.every(isRecord)) {
    throw new NotImportable("a list of experiments, or {experiments, user_groups}, is expected");
  }
  const keys = new Map<unknown, string>();
  const imported = experiments.map((one): ImportedExperiment => {
    const id = Number(one.id);
    const name = String(one.name);
    const key = keyFromTitle(name) || `experiment_${id}`;
    keys.set(one.id, key);
    const ratio = isRecord(one.group_ratio) ? Object.entries(one.group_ratio) : [];
    const weights = wholeWeights(ratio.map(([, share]) => Number(share)));
    return {
      experiment: {
        key,
        title: name,
        groups: ratio.map(([group], place) => ({ name: group, weight: weights[place] ?? 0 })),
        goals: [{ event: "click", kind: "binary" }],
        external: {
          id,
          name,
          status: one.status ?? null,
          ...(Array.isArray(one.target_metrics) ? { targetMetrics: one.target_metrics.map(String) } : {}),
        },
        state: one.status === "active" ? "active" : "inactive",
      },
      notes: ["its hash is another one: whoever has no assignment in the file may get another group"],
    };
  });
  const rows = isRecord(input) && Array.isArray(input.user_groups) ? input.user_groups.filter(isRecord) : [];
  const assignments = rows.map((row, place): ImportedAssignment => {
    const experiment = keys.get(isRecord(row.experiment) ? row.experiment.id : row.experiment);
    if (experiment === undefined) throw new NotImportable(`user_groups[${place}] is of no experiment of the file`);
    return { experiment, unit: String(row.user_id), group: String(row.group), at: null };
  });
  return { experiments: imported, assignments };
}
