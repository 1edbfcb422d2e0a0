import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/** The data folder belongs to another process that runs, or nobody can tell. */
export class CannotLock extends Error {}

export interface DataLock {
  release(): void;
}

/** Beyond the text, because on Windows nobody else may read locked bytes. */
const LOCKED_BYTE = 2 ** 30;
/** Between getting the lock and writing its name a process needs less than this; arbitrary. */
const NAMING_PATIENCE_MS = 500;

/**
 * Takes the data folder for this process. It is the operating system's lock on the open file `lock`
 * (Linux: an open file description lock), not the file's existence: the system drops it the moment
 * the owner ends, even by kill -9, never while it lives, and neither a reused process id nor a
 * container in which everything is process 1 can fool it. The file's text only tells people who has
 * it. It is never removed: of two processes one could then lock a file that has no name any more.
 *
 * @throws CannotLock naming the owner
 */
export async function lockDataFolder(folder: string): Promise<DataLock> {
  const path = join(folder, "lock");
  let descriptor: number | undefined;
  try {
    const { tryLock } = await import("fs-native-extensions");
    // Not a FileHandle: that closes itself, and with it gives the lock away, when it is
    // garbage-collected.
    descriptor = openSync(path, "a+");
    if (tryLock(descriptor, LOCKED_BYTE, 1)) return own(descriptor);
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw new CannotLock(`the data folder ${folder} cannot be locked: ${(error as Error).message}`);
  }
  closeSync(descriptor);
  throw new CannotLock(
    `the data folder ${folder} is in use by ${await ownerOf(path)}: stop it first, or use another folder`,
  );
}

function own(descriptor: number): DataLock {
  ftruncateSync(descriptor);
  writeSync(descriptor, `process ${process.pid} on ${hostname()}\n`);
  return {
    release() {
      ftruncateSync(descriptor);
      closeSync(descriptor);
    },
  };
}

async function ownerOf(path: string): Promise<string> {
  for (const start = performance.now(); performance.now() - start < NAMING_PATIENCE_MS; ) {
    const text = readFileSync(path, "utf8").trim();
    if (text !== "") return text;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return "another process";
}
