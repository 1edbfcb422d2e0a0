import { readFile, rename, stat, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder, writeSynced } from "../files/durable-file.ts";
import { NotARegistry, parseContent, type RegistryContent } from "./content.ts";

export const MAX_BACKUPS = 10;

/** `experiments.json.1` is the state before the last change, `.10` the one before the last ten. */
function backupPath(path: string, number: number): string {
  return `${path}.${number}`;
}

/** An existing backup. */
export interface Backup {
  readonly number: number;
  readonly path: string;
  readonly writtenAt: Date;
  /** Null if it is damaged; `reason` then says why. */
  readonly content: RegistryContent | null;
  readonly reason: string | null;
}

/** Newest first. */
export async function listBackups(path: string): Promise<Backup[]> {
  const numbers = Array.from({ length: MAX_BACKUPS }, (_, index) => index + 1);
  return (await Promise.all(numbers.map((number) => readBackup(path, number)))).filter((backup) => backup !== null);
}

async function readBackup(path: string, number: number): Promise<Backup | null> {
  const found = { number, path: backupPath(path, number) };
  const stats = await stat(found.path).catch(() => null);
  if (!stats) return null;
  const writtenAt = stats.mtime;
  try {
    return { ...found, writtenAt, content: parseContent(await readFile(found.path)), reason: null };
  } catch (error) {
    if (!(error instanceof NotARegistry) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    return { ...found, writtenAt, content: null, reason: (error as Error).message };
  }
}

/**
 * Keeps the file as backup 1 and shifts the others. Backups are shifted only once the new one is
 * complete on disk, from the highest down, so a kill between two moves leaves a gap in the numbers
 * and loses only the oldest. A file that already is backup 1 is not kept twice: ten changes that
 * the disk rejects must not push out ten good states.
 */
export async function backUp(path: string): Promise<void> {
  const bytes = await readFile(path).catch(ifMissing);
  if (bytes === null) return;
  const newest = await readFile(backupPath(path, 1)).catch(ifMissing);
  if (newest?.equals(bytes)) return;
  const { atime, mtime } = await stat(path);
  const temporary = `${path}.backup.tmp`;
  await writeSynced(temporary, bytes);
  await utimes(temporary, atime, mtime);

  let free = 1;
  while (free < MAX_BACKUPS && (await exists(backupPath(path, free)))) free += 1;
  for (let number = free; number > 1; number -= 1) {
    await rename(backupPath(path, number - 1), backupPath(path, number));
  }
  await rename(temporary, backupPath(path, 1));
  await syncFolder(dirname(path));
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ifMissing)) !== null;
}

function ifMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
