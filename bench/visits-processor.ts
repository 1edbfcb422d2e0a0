// Processor time of this process and of all that it started, and what they started, on Linux.
import { readdirSync, readFileSync } from "node:fs";

const TICK_MS = 10;

/** Milliseconds so far; NaN where the system does not say. Processes that ended are counted. */
export function processorMs(): number {
  const processes = new Map<number, { readonly parent: number; readonly ms: number }>();
  for (const name of readable(() => readdirSync("/proc")) ?? []) {
    if (!/^\d+$/.test(name)) continue;
    const fields = readable(() => readFileSync(`/proc/${name}/stat`, "utf8"))
      ?.split(") ")
      .at(-1)
      ?.split(" ");
    if (!fields) continue;
    // Its own time in the user's and the system's mode, then that of its ended children.
    const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
    processes.set(Number(name), { parent: Number(fields[1]), ms: ticks * TICK_MS });
  }
  const isOurs = (pid: number): boolean => pid === process.pid || (pid > 1 && isOurs(processes.get(pid)?.parent ?? 0));
  const ours = [...processes].filter(([pid]) => isOurs(pid));
  return ours.length === 0 ? Number.NaN : ours.reduce((sum, [, { ms }]) => sum + ms, 0);
}

function readable<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    // It has ended, or the system has no such folder.
    return null;
  }
}
