import type { Experiment } from "../../../core/experiment.ts";
import { transition } from "../../../core/transition.ts";
import type { ExperimentEntry } from "../../registry/history-entry.ts";
import type { Registry } from "../../registry/registry.ts";
import { stateBefore } from "../../registry/revert.ts";

/** A change announced on a page, and how to undo it. */
export interface ShownChange {
  readonly entry: ExperimentEntry;
  /**
   * The version to undo (0: a removed experiment), and whether this opens an epoch; null when it
   * cannot be undone.
   */
  readonly undo: { readonly version: number; readonly opensEpoch: boolean } | null;
}

/**
 * Redirect target of a form: the page announces the change by its number, so that the URL has no
 * text.
 */
export function pathAfter(page: string, change: number | null): string {
  return change === null ? page : `${page}?change=${change}`;
}

/**
 * Number of the change that made this version of an experiment, or removed it; null when another
 * one has followed.
 */
export async function changeNumber({ history }: Registry, { key, version }: Experiment): Promise<number | null> {
  const [entry] = (await history.page(1, { key })).entries;
  const made = entry?.key === key ? (entry.after ?? entry.before) : null;
  return made?.version === version ? (entry?.number ?? null) : null;
}

/**
 * The change of that number, while it is the latest of its experiment: otherwise the announcement
 * would be wrong.
 */
export async function shownChange(registry: Registry, number: string | undefined): Promise<ShownChange | null> {
  if (number === undefined || !/^\d{1,15}$/.test(number)) return null;
  const entry = await registry.history.get(Number(number));
  if (!entry || entry.key === null) return null;
  const current = registry.get(entry.key);
  if (current?.version !== entry.after?.version) return null;
  return { entry, undo: undoOf(entry, current) };
}

/** An earlier version of an experiment, from the history; null when it is not there. */
export async function versionOf({ history }: Registry, key: string, version: number): Promise<Experiment | null> {
  for await (const { after } of history.all({ key })) {
    if (after && "version" in after && after.version === version) return after;
  }
  return null;
}

function undoOf(entry: ExperimentEntry, current: Experiment | undefined): ShownChange["undo"] {
  if (entry.before === null || entry.action === "reverted") return null;
  if (!current) return { version: 0, opensEpoch: false };
  try {
    const { by, updatedAt } = { by: current.updatedBy, updatedAt: current.updatedAt };
    const { epoch } = transition(current, { ...stateBefore(entry, current), by }, updatedAt);
    return { version: current.version, opensEpoch: epoch > current.epoch };
  } catch {
    // As from rolled out to inactive, a change that does not exist.
    return null;
  }
}
