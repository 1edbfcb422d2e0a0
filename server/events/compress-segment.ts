import { readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "../files/durable-file.ts";
import { COMPRESSED, openCompressed, openSegmentFile, writeCompressed } from "./segment-file.ts";

const STEP_BYTES = 1 << 20;

/**
 * Replaces a closed segment by its compressed form, durably: written beside it, read back, renamed,
 * and only then is the plain one removed. After a kill both may be there; the plain one counts.
 */
export async function compressSegment(path: string): Promise<void> {
  const [target, temporary] = [`${path}${COMPRESSED}`, `${path}${COMPRESSED}.tmp`];
  try {
    await writeCompressed(path, temporary);
    await compare(path, temporary);
    await rename(temporary, target);
  } catch (error) {
    // Free the space: the disk may be full.
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
  await rm(path);
  await syncFolder(dirname(path));
}

/** Removes compressed segments beside which the plain one is there, after a kill. */
export async function dropStaleCompressed(folder: string): Promise<void> {
  const names = new Set(await readdir(folder));
  for (const name of names) {
    const isStale = name.endsWith(COMPRESSED) && names.has(name.slice(0, -COMPRESSED.length));
    if (isStale || name.endsWith(`.ndjson${COMPRESSED}.tmp`)) await rm(join(folder, name), { force: true });
  }
}

/** Throws if two files do not hold the same bytes. */
async function compare(path: string, compressed: string): Promise<void> {
  const [file, copy] = [await openSegmentFile(path), await openCompressed(compressed)];
  try {
    const parts = [Buffer.alloc(STEP_BYTES), Buffer.alloc(STEP_BYTES)] as const;
    for (let at = 0; at < file.size; at += STEP_BYTES) {
      const bytes = await file.read(parts[0], 0, STEP_BYTES, at);
      const same = (await copy.read(parts[1], 0, STEP_BYTES, at)) === bytes && parts[0].equals(parts[1]);
      if (!same) throw new Error(`${compressed} cannot be read back: nothing was removed`);
    }
  } finally {
    await file.close();
    await copy.close();
  }
}
