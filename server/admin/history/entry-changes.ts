import { defineExperiment, type Experiment } from "../../../core/experiment.ts";
import type { Entry } from "../../registry/history-entry.ts";
import type { ChangeLine } from "./change-lines.tsx";
import { changedFields } from "./changed-fields.ts";
import { settingsChanges } from "./settings-changes.ts";

/**
 * Changed fields of a history entry; of a created or removed experiment, all fields that are not at
 * their default.
 */
export function entryChanges(entry: Entry): ChangeLine[] {
  if (entry.key === null) {
    const about = entry.about === undefined ? [] : [line("About", null, entry.about)];
    return [...about, ...settingsChanges(entry.before, entry.after)];
  }
  const { before, after } = entry;
  if (before && after) return experimentChanges(before, after);
  const only = before ?? after;
  if (!only) return [];
  const { key, groups, control, updatedAt, updatedBy } = only;
  const usual = defineExperiment({ key, groups, control }, updatedAt, updatedBy);
  const changes = changedFields({ ...usual, title: "", groups: [] }, only);
  return changes.map(({ words, after: value }) => (after ? line(words, null, value) : line(words, value, null)));
}

/** Differences between two states of an experiment, including the number of its period (epoch). */
export function experimentChanges(before: Experiment, after: Experiment): ChangeLine[] {
  const period = line("Period", String(before.epoch), String(after.epoch));
  return [...changedFields(before, after), ...(before.epoch === after.epoch ? [] : [period])];
}

function line(words: string, before: string | null, after: string | null): ChangeLine {
  return { words, before, after };
}
