import { isDeepStrictEqual } from "node:util";
import type { Experiment } from "../../core/experiment.ts";
import { DEFAULT_SETTINGS } from "../../core/settings.ts";
import type { RegistryContent, Retired } from "./content.ts";
import type { Action, Entry, NewEntry } from "./history-entry.ts";

/** Author and time of finding content that the history does not explain. */
export interface Finding {
  readonly action: Action;
  readonly by: string;
  readonly now: string;
}

/**
 * Compares `experiments.json` with the history's last state of each experiment and of the settings,
 * and makes a change of every difference. So the history always leads to the present state, even
 * after the file was edited or replaced, and after a process died between writing the two.
 *
 * A changed experiment continues with a higher version, so that no open form can overwrite it, and
 * never returns to an epoch before the last. This holds even if the last change was merely
 * unfinished, which cannot be distinguished from a backup copied into its place, after which an
 * epoch with events would begin again.
 */
export function explain(
  content: RegistryContent,
  newest: ReadonlyMap<string | null, Entry>,
  finding: Finding,
): { content: RegistryContent; changes: NewEntry[] } {
  const { by, now: at } = finding;
  const actionFor = (known: Entry | undefined) =>
    finding.action === "imported" && (known?.number ?? 0) > content.history ? "undone" : finding.action;
  const retired = new Map(content.retired.map((past) => [past.key, past]));
  const changes: NewEntry[] = [];

  const experiments = content.experiments.map((found) => {
    const { key } = found;
    const known = experimentEntry(newest.get(key));
    const before = known?.after ?? null;
    const last = before ?? known?.before ?? retired.get(key);
    retired.delete(key);
    if (isDeepStrictEqual(before, found)) return found;
    const after = last === undefined ? found : continued(found, last, finding);
    changes.push({ key, action: actionFor(known), at, by, before, after });
    return after;
  });

  const present = new Set(experiments.map(({ key }) => key));
  for (const entry of newest.values()) {
    const known = experimentEntry(entry);
    const last = known?.after ?? known?.before;
    if (!known || !last || present.has(known.key)) continue;
    retired.set(known.key, latest(last, retired.get(known.key)));
    if (known.after === null) continue;
    changes.push({ key: known.key, action: actionFor(known), at, by, before: known.after, after: null });
  }

  const known = newest.get(null);
  const before = known?.key === null ? known.after : DEFAULT_SETTINGS;
  const { settings } = content;
  if (!isDeepStrictEqual(before, settings)) {
    changes.push({ key: null, action: actionFor(known), at, by, before, after: settings });
  }
  return { content: { ...content, experiments, retired: [...retired.values()] }, changes };
}

function experimentEntry(entry: Entry | undefined) {
  return entry?.key === null ? undefined : entry;
}

function continued(found: Experiment, last: Pick<Retired, "epoch" | "version">, { by, now }: Finding): Experiment {
  const isEarlier = found.epoch < last.epoch;
  if (!isEarlier && found.version > last.version) return found;
  const startsAnew = isEarlier && found.state === "active";
  return {
    ...found,
    // Activating adds one by itself.
    epoch: startsAnew ? last.epoch + 1 : Math.max(found.epoch, last.epoch),
    startedAt: startsAnew ? now : found.startedAt,
    version: Math.max(found.version, last.version) + 1,
    updatedAt: now,
    updatedBy: by,
  };
}

function latest({ key, epoch, version }: Retired, other: Retired | undefined): Retired {
  return { key, epoch: Math.max(epoch, other?.epoch ?? 0), version: Math.max(version, other?.version ?? 0) };
}
