import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { lockByProgram } from "./program-lock.ts";

/** The data folder belongs to a running process, or its owner cannot be determined. */
export class CannotLock extends Error {}

export interface DataLock {
  /** Locks the folder's secret too, once a first start has made it. */
  holdSecret(): Promise<void>;
  release(): void;
}

/** Locked beside `lock`, because removing it ends sessions and previews, and so nobody does. */
const SECRET_FILE = "secret";

/** Beyond the text, because on Windows other processes cannot read locked bytes. */
const LOCKED_BYTE = 2 ** 30;
/** Maximum time between taking the lock and writing the owner's name; arbitrary. */
const NAMING_PATIENCE_MS = 500;

/**
 * Locks the data folder for this process. The lock is the operating system's on the open files
 * `lock` and `secret` (Linux: an open file description lock), not the files' existence: the system
 * releases it the moment the owner ends, even by kill -9, and never before, and neither a reused
 * process ID nor a container in which everything is process 1 can confuse it. The text of `lock`
 * only names the owner. A removed `lock` admits nobody: the secret is still locked.
 *
 * @param load loads the native lock, a package without a build for every system
 * @throws CannotLock naming the owner
 */
export async function lockDataFolder(folder: string, load = () => import("fs-native-extensions")): Promise<DataLock> {
  const path = join(folder, "lock");
  let secret: Held | null = null;
  const held = await (async () => {
    // First, so that a refused start leaves no new `lock`.
    secret = await hold(join(folder, SECRET_FILE), "r+", load);
    return secret === IN_USE ? IN_USE : await hold(path, "a+", load);
  })().catch((error: Error) => {
    release(secret);
    throw new CannotLock(`the data folder ${folder} cannot be locked: ${error.message}`);
  });
  if (held === null || held === IN_USE) {
    release(secret);
    throw new CannotLock(
      `the data folder ${folder} is in use by ${await ownerOf(path)}: stop it first, or use another folder`,
    );
  }
  ftruncateSync(held.descriptor);
  writeSync(held.descriptor, `process ${process.pid} on ${hostname()}\n`);
  return {
    async holdSecret() {
      secret ??= await hold(join(folder, SECRET_FILE), "r+", load);
    },
    release() {
      ftruncateSync(held.descriptor);
      release(held);
      release(secret);
    },
  };
}

type NativeLock = typeof import("fs-native-extensions");

/** Another process has the lock. */
const IN_USE = "in use";

interface Locked {
  readonly descriptor: number;
  readonly unlock: () => void;
}

type Held = Locked | typeof IN_USE;

/** Opens and locks a file; null if there is none. */
async function hold(path: string, flags: "a+" | "r+", load: () => Promise<NativeLock>): Promise<Held | null> {
  let descriptor: number;
  try {
    // Do not use a FileHandle: it closes itself, and so releases the lock, when garbage-collected.
    descriptor = openSync(path, flags);
  } catch (error) {
    if (flags === "r+" && (error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const unlock = await lockFile(path, descriptor, load);
    if (unlock) return { descriptor, unlock };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  closeSync(descriptor);
  return IN_USE;
}

function release(held: Held | null): void {
  if (held === null || held === IN_USE) return;
  closeSync(held.descriptor);
  held.unlock();
}

/** Resolves to a function that releases the lock, or to null if another process has it. */
async function lockFile(path: string, descriptor: number, load: () => Promise<NativeLock>) {
  const native = await load().catch((error: Error) => error);
  if (!(native instanceof Error)) return native.tryLock(descriptor, LOCKED_BYTE, 1) ? () => undefined : null;
  return lockByProgram(path).catch((error: Error) => {
    throw new Error(`there is no native lock for this system (${native.message}), and no flock (${error.message})`);
  });
}

async function ownerOf(path: string): Promise<string> {
  for (const start = performance.now(); performance.now() - start < NAMING_PATIENCE_MS; ) {
    if (!existsSync(path)) return "another process, whose lock file was removed";
    const text = readFileSync(path, "utf8").trim();
    if (text !== "") return text;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return "another process";
}
