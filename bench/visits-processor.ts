// Processor time of this process and of all that it started, and what they started, on Linux.
import { readdirSync } from "node:fs";
import { type ProcessTimes, processTimes } from "./process-times.ts";

/** Milliseconds so far; NaN where the system does not say. Processes that ended are counted. */
export function processorMs(): number {
  const processes = new Map<number, ProcessTimes>();
  for (const name of processTimes(process.pid) ? readdirSync("/proc") : []) {
    const times = /^\d+$/.test(name) ? processTimes(Number(name)) : null;
    if (times) processes.set(Number(name), times);
  }
  const isOurs = (pid: number): boolean => pid === process.pid || (pid > 1 && isOurs(processes.get(pid)?.parent ?? 0));
  const ours = [...processes].filter(([pid]) => isOurs(pid));
  return ours.length === 0 ? Number.NaN : ours.reduce((sum, [, { ownMs, endedMs }]) => sum + ownMs + endedMs, 0);
}
