import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

/** What the server was started with, for the admin to see. No secrets. */
export interface Setup {
  readonly version: string;
  /** ISO 8601 time in UTC. */
  readonly startedAt: string;
  /** Path of the data folder. */
  readonly data: string;
  /** Posts to `/events` a minute and client address; 0 for any number. */
  readonly rateLimit: number;
}

/**
 * Bytes that a folder's files have, and that are free on its disk; null where it cannot be said.
 */
export async function spaceOf(folder: string): Promise<{ used: number | null; free: number | null }> {
  const used = await bytesIn(folder).catch(() => null);
  const free = await statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
  return { used, free };
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const sizes = entries.map(async (entry) => {
    if (!entry.isFile()) return 0;
    // One that is gone by now, such as a temporary file.
    return stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
