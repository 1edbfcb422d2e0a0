import { link, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Experiment } from "../../core/experiment.ts";
import { replaceFile, syncFolder } from "../files/durable-file.ts";
import { type Backup, exists, listBackups } from "./backups.ts";
import { formatContent, type RegistryContent } from "./content.ts";
import { CorruptRegistry, ExperimentsFile } from "./experiments-file.ts";
import { explain } from "./explain.ts";
import { HISTORY_FILE, History } from "./history.ts";
import { usedEpochs } from "./used-epochs.ts";

export interface Restored {
  readonly content: RegistryContent;
  /** New path of the replaced file; null if there was none. */
  readonly keptAs: string | null;
  /** Experiments whose epoch differs from the backup's. */
  readonly raised: readonly { readonly key: string; readonly from: number; readonly to: number }[];
}

/** Newest undamaged backup, or the one with this number; null if there is none. */
export async function chooseBackup(path: string, number: number | null): Promise<Backup | null> {
  const whole = (await listBackups(path)).filter(({ content }) => content !== null);
  return whole.find((backup) => number === null || backup.number === number) ?? null;
}

/**
 * Replaces the file by a backup and keeps the old file; the differences are in the history. Killed
 * at any step, it leaves either the old file, or the restored one, or (where the old one cannot
 * have two names) none, which no server takes for a new folder; repeating it continues. Backups are
 * not modified. The caller holds the data folder's lock.
 *
 * @param keep suffix of the old file's name, for example `broken`
 * @param now ISO 8601 time in UTC
 */
export async function restore(path: string, backup: Backup, keep: string, now: string): Promise<Restored> {
  if (!backup.content) throw new Error(`backup ${backup.number} is not whole: ${backup.reason}`);
  const { experiments, raised } = await withFreshEpochs(path, backup.content.experiments, backup.number, now);
  const history = await History.open(join(dirname(path), HISTORY_FILE), await lastNumber(path));
  const finding = { action: "restored", by: "restore", now } as const;
  const explained = explain({ ...backup.content, experiments }, await history.newest(), finding);
  const entries = await history.prepare(explained.changes);
  const keptAs = (await exists(path)) ? await keepAside(path, `${keep}-${now.replace(/[-:]|\.\d+/g, "")}`) : null;
  const content: RegistryContent = { ...explained.content, history: entries.at(-1)?.number ?? history.last };
  await replaceFile(path, formatContent(content));
  return { content, keptAs, raised };
}

/** Number of the last change known to any of the files. */
async function lastNumber(path: string): Promise<number> {
  const present = await new ExperimentsFile(path).read().catch((error) => {
    if (error instanceof CorruptRegistry) return error.edited;
    throw error;
  });
  const contents = [present, ...(await listBackups(path)).map(({ content }) => content)];
  return Math.max(0, ...contents.map((content) => content?.history ?? 0));
}

/**
 * Rewrites the check of an edited file. Throws CorruptRegistry if anything else is wrong with it.
 * Null if there is no file. The caller holds the data folder's lock.
 */
export async function acceptEdited(path: string): Promise<RegistryContent | null> {
  const content = await new ExperimentsFile(path).read().catch((error) => {
    if (error instanceof CorruptRegistry && error.edited) return error.edited;
    throw error;
  });
  if (content) await replaceFile(path, formatContent(content));
  return content;
}

/**
 * A later state may have begun epochs unknown to this one. Beginning them again would count the
 * devices of two different splits together, so epochs with events are skipped. One change begins at
 * most one epoch, and backup n is n changes old.
 */
async function withFreshEpochs(path: string, experiments: readonly Experiment[], changes: number, now: string) {
  const epochs = new Map(experiments.map(({ key, epoch }) => [key, epoch]));
  const mostOf = (key: string) => (epochs.get(key) ?? Number.NEGATIVE_INFINITY) + changes;
  const used = await usedEpochs(join(dirname(path), "events"), mostOf);
  const raised: { key: string; from: number; to: number }[] = [];
  const fresh = experiments.map((experiment): Experiment => {
    const { key, epoch: from, state } = experiment;
    const last = used.get(key) ?? from;
    if (last <= from) return experiment;
    // Activating adds one by itself.
    const to = state === "active" ? last + 1 : last;
    raised.push({ key, from, to });
    const startedAt = state === "active" ? now : experiment.startedAt;
    return {
      ...experiment,
      epoch: to,
      startedAt,
      version: experiment.version + 1,
      updatedAt: now,
      updatedBy: "restore",
    };
  });
  return { experiments: fresh, raised };
}

async function keepAside(path: string, suffix: string): Promise<string> {
  let kept = `${path}.${suffix}`;
  for (let again = 2; await exists(kept); again += 1) kept = `${path}.${suffix}-${again}`;
  // A hard link keeps the file until it is replaced. Folders, and files on some file systems,
  // cannot have one.
  await link(path, kept).catch(() => rename(path, kept));
  await syncFolder(dirname(path));
  return kept;
}
