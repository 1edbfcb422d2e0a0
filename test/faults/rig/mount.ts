import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Trial } from "./fault.ts";

/** Runs a program of the system. Throws with what it said. */
export function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr || error?.message}`);
}

/** Mounts something until the trial ends. Resolves to the folder. */
export function mount(trial: Pick<Trial, "atEnd">, folder: string, ...args: string[]): string {
  mkdirSync(folder, { recursive: true });
  run("mount", ...args, folder);
  trial.atEnd(() => spawnSync("umount", ["-l", folder]));
  return folder;
}

let answer: string | null | undefined;

/** Requirement that this machine lacks to mount a file system, or null. Tried once. */
export function mountLacks(): string | null {
  if (answer !== undefined) return answer;
  const folder = mkdtempSync(join(tmpdir(), "fairsplit-fault-mount-"));
  const { status, stderr, error } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder], {
    encoding: "utf8",
  });
  if (status === 0) run("umount", folder);
  rmdirSync(folder);
  answer = status === 0 ? null : `mounting is not allowed here (${(stderr || error?.message || "").trim()})`;
  return answer;
}

/** Requirement that this machine lacks to mount an ext4 image, or null. */
export function imageLacks(): string | null {
  if (spawnSync("mkfs.ext4", ["-V"]).error) return "there is no mkfs.ext4";
  return mountLacks();
}
