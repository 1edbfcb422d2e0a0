import { spawnSync } from "node:child_process";

/** More steps than any command has: beyond them the program was never at its end. */
export const MAX_STEPS = 500;

/**
 * Runs a command of the program that is killed at one of its calls that change a file.
 *
 * @param killAt number of that call, from 1; 0 for none
 * @returns its exit code; null if it was killed
 */
export function runKilledAt(killAt: number, program: string, args: readonly string[]): number | null {
  const found = spawnSync(process.execPath, ["--import", "./test/faults/rig/kill-at-step.mjs", program, ...args], {
    env: { PATH: process.env.PATH, KILL_AT: String(killAt) },
    encoding: "utf8",
  });
  return found.signal === "SIGKILL" ? null : found.status;
}
