import { rm, statfs } from "node:fs/promises";
import { writeSynced } from "./durable-file.ts";

const MAX_RESERVE_BYTES = 16 * 1024 * 1024;
/** Maximum share of the free space, for small volumes. */
const RESERVE_SHARE = 16;
/** Free space from which the reserve is recreated, in multiples of it. */
const MIN_FREE_RESERVES = 4;
const RETAKE_EVERY_MS = 5000;

/** Space reserved for an admin's actions on a full disk. */
export interface Reserve {
  /** False once released, until there is space again. */
  readonly isKept: boolean;
  /** Runs a write; on a full disk releases the reserve and runs it again. */
  spend<Result>(write: () => Promise<Result>): Promise<Result>;
  /** Writes the file; before, there is none. */
  take(): Promise<void>;
  close(): void;
}

/** No reserve: writes run once. */
export const NO_RESERVE: Reserve = {
  isKept: true,
  spend: (write) => write(),
  take: async () => undefined,
  close: () => undefined,
};

/**
 * Keeps a file of 16 MiB, or of a sixteenth of the free space if that is less. None is kept if it
 * cannot be written.
 */
export function reserveAt(path: string, folder: string): Reserve {
  let isKept = true;
  let size = 0;
  const timer = setInterval(() => {
    if (!isKept) void take().catch(() => undefined);
  }, RETAKE_EVERY_MS).unref();

  async function take(): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    if (!isKept && bavail * bsize < MIN_FREE_RESERVES * size) return;
    if (isKept) size = Math.min(MAX_RESERVE_BYTES, Math.floor((bavail * bsize) / RESERVE_SHARE));
    // Write it: a file system may hand out blocks that are merely reserved.
    await writeSynced(path, Buffer.alloc(size), 0o600).catch(async (error: Error) => {
      await rm(path, { force: true });
      throw error;
    });
    isKept = true;
  }

  return {
    get isKept() {
      return isKept;
    },
    async spend(write) {
      try {
        return await write();
      } catch (error) {
        if (!isFull(error)) throw error;
        await rm(path, { force: true });
        isKept = false;
        return await write();
      }
    },
    take: () => take().catch(() => undefined),
    close: () => clearInterval(timer),
  };
}

function isFull(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || (cause !== undefined && isFull(cause));
}
