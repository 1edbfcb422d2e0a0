import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { lockByProgram } from "./program-lock.ts";

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
 * @param load the native lock; a package without a build for every system
 * @throws CannotLock naming the owner
 */
export async function lockDataFolder(folder: string, load = () => import("fs-native-extensions")): Promise<DataLock> {
  const path = join(folder, "lock");
  try {
    // Not a FileHandle: that closes itself, and with it gives the lock away, when it is
    // garbage-collected.
    const descriptor = openSync(path, "a+");
    const release = await lockFile(path, descriptor, load).catch((error) => {
      closeSync(descriptor);
      throw error;
    });
    if (release) return own(descriptor, release);
    closeSync(descriptor);
  } catch (error) {
    throw new CannotLock(`the data folder ${folder} cannot be locked: ${(error as Error).message}`);
  }
  throw new CannotLock(
    `the data folder ${folder} is in use by ${await ownerOf(path)}: stop it first, or use another folder`,
  );
}

type NativeLock = typeof import("fs-native-extensions");

/** Resolves to what gives the lock back, or to null when another process has it. */
async function lockFile(path: string, descriptor: number, load: () => Promise<NativeLock>) {
  const native = await load().catch((error: Error) => error);
  if (!(native instanceof Error)) return native.tryLock(descriptor, LOCKED_BYTE, 1) ? () => undefined : null;
  return lockByProgram(path).catch((error: Error) => {
    throw new Error(`there is no native lock for this system (${native.message}), and no flock (${error.message})`);
  });
}

function own(descriptor: number, release: () => void): DataLock {
  ftruncateSync(descriptor);
  writeSync(descriptor, `process ${process.pid} on ${hostname()}\n`);
  return {
    release() {
      ftruncateSync(descriptor);
      closeSync(descriptor);
      release();
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
