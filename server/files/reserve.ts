import { rm, stat, statfs } from "node:fs/promises";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { writeSynced } from "./durable-file.ts";

const MAX_RESERVE_BYTES = 16 * 1024 * 1024;
/** Maximum share of the free space, for small volumes. */
const RESERVE_SHARE = 16;
/** Free space from which the reserve is recreated, in multiples of it. */
const MIN_FREE_RESERVES = 4;
const RETAKE_EVERY_MS = 5000;
/** Space that is not taken back: the file system needs blocks of its own. */
const LEFT_BYTES = 64 * 1024;

/** Space reserved for an admin's actions on a full disk. */
export interface Reserve {
  /** False once it was needed, until there is space again. */
  readonly isKept: boolean;
  /** Runs a write; on a full disk gives it space of the reserve, and takes back what it leaves. */
  spend<Result>(write: () => Promise<Result>): Promise<Result>;
  /** Writes the file, unless it is there. */
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
 * Keeps a file of 16 MiB, or of a sixteenth of the free space if that is less; after a restart at
 * least what is there. Whatever else writes to a full disk gets nothing of it: counting, rejected
 * events, other programs.
 */
export function reserveAt(path: string, folder: string): Reserve {
  let isKept = true;
  let size = 0;
  const turns = new PromiseQueue();
  const timer = setInterval(() => {
    if (!isKept) void take();
  }, RETAKE_EVERY_MS).unref();

  const take = () =>
    turns
      .run(async () => {
        const [free, held] = [await freeBytes(folder), await heldBytes(path)];
        if (!isKept && free < MIN_FREE_RESERVES * size) return;
        if (isKept) size = Math.max(held, Math.min(MAX_RESERVE_BYTES, Math.floor(free / RESERVE_SHARE)));
        if (held < size) await hold(path, size);
        isKept = true;
      })
      .catch(() => undefined);

  return {
    get isKept() {
      return isKept;
    },
    async spend(write) {
      try {
        return await write();
      } catch (error) {
        if (!isFull(error)) throw error;
        return turns.run(async () => {
          isKept = false;
          size = Math.max(size, await heldBytes(path));
          await rm(path, { force: true });
          try {
            return await write();
          } finally {
            const left = Math.max(0, (await freeBytes(folder)) - LEFT_BYTES);
            await hold(path, Math.min(size, left)).catch(() => undefined);
          }
        });
      }
    },
    take,
    close: () => clearInterval(timer),
  };
}

/**
 * Writes the file: a file system may hand out blocks that are merely reserved. If it cannot be
 * written as a whole, its part stays.
 */
function hold(path: string, bytes: number): Promise<void> {
  return writeSynced(path, Buffer.alloc(bytes), 0o600);
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function heldBytes(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

function isFull(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || (cause !== undefined && isFull(cause));
}
