import { readFileSync } from "node:fs";

const TICK_MS = 10;

/** A process's times in milliseconds, in the user's and the system's mode, by proc(5). */
export interface ProcessTimes {
  readonly parent: number;
  readonly ownMs: number;
  /** Time of its children that ended. */
  readonly endedMs: number;
}

/** Null where it has ended, or the system has no /proc. */
export function processTimes(pid: number): ProcessTimes | null {
  try {
    // Field 3, the state, is the first behind the name in parentheses, which may contain more.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const msOf = (...ticks: (string | undefined)[]) => ticks.reduce((sum, each) => sum + Number(each) * TICK_MS, 0);
    return {
      parent: Number(fields[1]),
      ownMs: msOf(fields[11], fields[12]),
      endedMs: msOf(fields[13], fields[14]),
    };
  } catch {
    return null;
  }
}
