import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Behaviour of the disk from now on. */
export type DiskMode = "sound" | "sync-error" | "write-error" | "short-write" | `slow ${number}`;

/** A disk whose syncs and writes fail on demand, by a shim that is preloaded into the server. */
export interface BadDisk {
  /** Environment of the server. */
  readonly env: Readonly<Record<string, string>>;
  set(mode: DiskMode): Promise<void>;
}

/** Requirement that this machine lacks; null without one. */
export function badDiskLacks(): string | null {
  if (process.platform !== "linux") return "LD_PRELOAD needs Linux";
  return spawnSync("cc", ["--version"]).status === 0 ? null : "the shim needs a C compiler (cc)";
}

export async function badDisk(folder: string): Promise<BadDisk> {
  const library = join(folder, "bad-disk.so");
  const built = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, "test/faults/rig/bad-disk.c", "-ldl"]);
  if (built.status !== 0) throw new Error(`cc: ${built.stderr}`);
  const path = join(folder, "disk-mode");
  const set = (mode: DiskMode) => writeFile(path, mode);
  await set("sound");
  return { env: { LD_PRELOAD: library, FAULT_DISK: path }, set };
}
