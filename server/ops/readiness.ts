import { open, rm } from "node:fs/promises";
import { join } from "node:path";

/** More than fits into a file's last block on a nearly full disk. */
const PROBE = Buffer.alloc(64 * 1024);
/** Lifetime of the last answer: the route is public. */
const LASTS_MS = 1000;

/** Whether the server should get requests. */
export interface Readiness {
  /** The reason why not; null if it should. */
  obstacle(): Promise<string | null>;
  /** Marks the server as stopping. */
  stop(): void;
}

/**
 * Ready as long as a file can be written, synced and removed in the folder, and the server is not
 * stopping.
 */
export function readinessOf(folder: string): Readiness {
  let isStopping = false;
  let probe: Promise<string | null> | undefined;
  let probedAt = Number.NEGATIVE_INFINITY;
  return {
    async obstacle() {
      if (isStopping) return "the server is stopping";
      if (performance.now() - probedAt >= LASTS_MS) {
        probedAt = performance.now();
        probe = whyNotWritable(join(folder, "readiness-probe"));
      }
      return (await probe) ?? null;
    },
    stop() {
      isStopping = true;
    },
  };
}

async function whyNotWritable(path: string): Promise<string | null> {
  try {
    const file = await open(path, "w");
    try {
      await file.writeFile(PROBE);
      await file.datasync();
    } finally {
      await file.close();
    }
    return null;
  } catch (error) {
    return `the data folder cannot be written: ${(error as NodeJS.ErrnoException).code}`;
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
