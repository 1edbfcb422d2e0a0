import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A new visitor's request for groups, on a connection of its own. */
export interface NewVisitor {
  /** Milliseconds from the beginning of the connection to the answer; 10,000 when it gave up. */
  readonly ms: number;
  /** 0 without an answer. */
  readonly status: number;
}

/** New visitors, 20 a second, sent by another process. */
export async function newVisitors(port: number, seconds: number): Promise<NewVisitor[]> {
  const child = spawn(process.execPath, ["./test/faults/rig/newcomer.mjs", String(port), String(seconds)]);
  const found: NewVisitor[] = [];
  createInterface(child.stdout).on("line", (line) => {
    const [ms = 0, status = 0] = line.split(" ").map(Number);
    found.push({ ms, status });
  });
  await once(child, "close");
  return found;
}

/** The time that a share of the visitors did not exceed; Infinity for none. */
export function quantile(visitors: readonly { readonly ms: number }[], share: number): number {
  const sorted = visitors.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.POSITIVE_INFINITY;
}
