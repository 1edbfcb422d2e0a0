import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

/** The configuration of the running server for the admin, without secrets. */
export interface Setup {
  readonly version: string;
  /** ISO 8601 time in UTC. */
  readonly startedAt: string;
  /** Path of the data folder. */
  readonly data: string;
  /** Posts to `/events` a minute and client address; 0 for any number. */
  readonly rateLimit: number;
}

/** Bytes of a folder's files, and free bytes of its disk; null if unknown. */
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
    // The file is gone by now, such as a temporary one.
    return stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
