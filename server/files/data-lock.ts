import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { lockByProgram } from "./program-lock.ts";

/** The data folder belongs to a running process, or its owner cannot be determined. */
export class CannotLock extends Error {}

export interface DataLock {
  release(): void;
}

/** Beyond the text, because on Windows other processes cannot read locked bytes. */
const LOCKED_BYTE = 2 ** 30;
/** Maximum time between taking the lock and writing the owner's name; arbitrary. */
const NAMING_PATIENCE_MS = 500;

/**
 * Locks the data folder for this process. The lock is the operating system's on the open file
 * `lock` (Linux: an open file description lock), not the file's existence: the system releases it
 * the moment the owner ends, even by kill -9, and never before, and neither a reused process ID nor
 * a container in which everything is process 1 can confuse it. The file's text only names the
 * owner. Never unlink it: another process could then lock the deleted inode.
 *
 * @param load loads the native lock, a package without a build for every system
 * @throws CannotLock naming the owner
 */
export async function lockDataFolder(folder: string, load = () => import("fs-native-extensions")): Promise<DataLock> {
  const path = join(folder, "lock");
  try {
    // Do not use a FileHandle: it closes itself, and so releases the lock, when garbage-collected.
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

/** Resolves to a function that releases the lock, or to null if another process has it. */
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
