import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Replaces a file so that a power cut leaves either the old or the new content, complete: temporary
 * file, fsync, rename, fsync of the folder. (lowdb's own writer does not fsync: the file was
 * missing after 8 of 8 power cuts.)
 */
export async function replaceFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = `${path}.tmp`;
  await writeSynced(temporary, content, mode);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/**
 * Writes a new file whose content is durable when it resolves; its name is when the folder is
 * synced.
 */
export async function writeSynced(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  // Remove a leftover of an interrupted write: it would keep its own mode.
  await rm(path, { force: true });
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes created, renamed and removed entries of a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot sync a folder (EPERM); NTFS journals names.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
