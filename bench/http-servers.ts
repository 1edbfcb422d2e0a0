import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readBytes } from "../server/events/segments.ts";
import { processTimes } from "./process-times.ts";

/** A server under load. */
export interface Contestant {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
  /** Data folder; null when it stores nothing. */
  readonly data: string | null;
  /** Events that it acknowledged so far. */
  acknowledged: number;
}

const SERVER_CORE = "0";
const LOAD_CORE = "1";

let isPinned = false;

/**
 * Gives the load, which is this process and what it starts, and servers that are started later a
 * core each; says whether it could.
 */
export function pinLoad(): boolean {
  isPinned = availableParallelism() > 1 && spawnSync("taskset", ["-apc", LOAD_CORE, String(process.pid)]).status === 0;
  return isPinned;
}

/**
 * Starts a Node program, given with its arguments, whose first line on stdout ends with its URL.
 */
export async function start(name: string, data: string | null, args: readonly string[]): Promise<Contestant> {
  const command = [process.execPath, ...args];
  const [executable = "", ...rest] = isPinned ? ["taskset", "-c", SERVER_CORE, ...command] : command;
  const child = spawn(executable, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await Promise.race([
    once(createInterface(child.stdout), "line"),
    once(child, "exit").then(([code]) => {
      throw new Error(`${name} ended with exit code ${code}`);
    }),
  ]);
  return { name, url: String(line).split(" ").at(-1) ?? "", process: child, data, acknowledged: 0 };
}

export async function stop({ process }: Contestant): Promise<void> {
  process.kill("SIGTERM");
  await once(process, "exit");
}

export const hasCpuTimes = processTimes(process.pid) !== null;

/**
 * Processor time that a server took so far, all its threads together; NaN where there is no /proc.
 */
export function cpuSeconds({ process: { pid = 0 } }: Contestant): number {
  return (processTimes(pid)?.ownMs ?? Number.NaN) / 1000;
}

const END = { segment: Number.POSITIVE_INFINITY, offset: 0 };

/** Lines in the event log of a stopped server. */
export async function countStored(data: string): Promise<number> {
  let lines = 0;
  for await (const chunk of readBytes(join(data, "events"), END)) {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  return lines;
}
