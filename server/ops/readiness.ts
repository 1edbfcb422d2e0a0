import { open, rm } from "node:fs/promises";
import { join } from "node:path";

/** More than a nearly full disk still has in a file's last block. */
const PROBE = Buffer.alloc(64 * 1024);
/** Whoever asks more often gets the last answer: anybody may ask. */
const LASTS_MS = 1000;

/** Says whether the server should get requests. */
export interface Readiness {
  /** Why it should not; null when it should. */
  obstacle(): Promise<string | null>;
  /** From now on it should not: it is stopping. */
  stop(): void;
}

/**
 * Ready as long as a file can be written, synced and removed in the folder, and nobody stops the
 * server.
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
