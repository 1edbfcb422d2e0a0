import { access, constants, mkdtemp, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CannotLock, lockDataFolder } from "../../server/files/data-lock.ts";
import { bad, type Finding, good, unknown } from "./finding.ts";

/** Number of timed writes; enough for a stable median. */
const SYNCS = 21;
/** Sync time above which events wait noticeably; arbitrary, ten times a usual solid-state disk. */
const SLOW_SYNC_MS = 20;
const LOW_SPACE = 2 ** 30;

/** Examines the data folder: its usability, its lock, the disk's speed and space. */
export async function examineDataFolder(data: string): Promise<Finding[]> {
  const kind = await stat(data).catch(() => null);
  if (kind !== null && !kind.isDirectory()) {
    return [bad("data folder", `${data} is no folder`, "name another one by --data")];
  }
  const folder = kind === null ? await existingParent(data) : data;
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const fix = `give this user the folder: chown ${process.getuid?.() ?? "USER"} ${folder}`;
    return [bad("data folder", `${folder} cannot be written by this user`, fix)];
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const gigabytes = `${(free / 2 ** 30).toFixed(1)} GiB free`;
  return [
    kind === null
      ? good("data folder", `${data} does not exist yet, and can be made`)
      : good("data folder", `${data} can be written`),
    await examineLock(kind === null ? null : data),
    free < LOW_SPACE
      ? bad("disk space", gigabytes, "make room, or name a folder on another disk by --data")
      : good("disk space", gigabytes),
    await examineSync(folder),
  ];
}

async function existingParent(path: string): Promise<string> {
  const parent = dirname(resolve(path));
  return (await stat(parent).catch(() => null)) === null && parent !== dirname(parent)
    ? existingParent(parent)
    : parent;
}

async function examineLock(data: string | null): Promise<Finding> {
  const isUsed = data !== null && (await readdir(data)).some((name) => name === "lock" || name === "secret");
  if (data === null || !isUsed) return good("lock", "no server has used the folder");
  try {
    const lock = await lockDataFolder(data);
    lock.release();
    return good("lock", "no server runs on the folder");
  } catch (error) {
    if (!(error instanceof CannotLock)) throw error;
    return unknown("lock", error.message);
  }
}

/** Median time of a synced write: every acknowledged event waits for one. */
async function examineSync(folder: string): Promise<Finding> {
  const own = await mkdtemp(join(folder, ".fairsplit-doctor-"));
  try {
    const file = await open(join(own, "sync"), "w");
    const times: number[] = [];
    for (let n = 0; n < SYNCS; n += 1) {
      const begin = performance.now();
      await file.write("x".repeat(512));
      await file.datasync();
      times.push(performance.now() - begin);
    }
    await file.close();
    const median = times.sort((a, b) => a - b)[SYNCS >> 1] ?? 0;
    const detail = `${median.toFixed(2)} ms for a synced write`;
    return median > SLOW_SYNC_MS
      ? bad("disk sync", detail, "use a local disk: network disks and some encrypted ones make every event wait")
      : good("disk sync", detail);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}
