import type { Fault, Findings } from "./rig/fault.ts";
import { isSound } from "./rig/journal.ts";

/** Result of one fault. */
export interface Verdict {
  readonly id: string;
  readonly mutant: string | null;
  readonly cycles: number;
  readonly seconds: number;
  /** Why it was not run, which is no pass. */
  readonly skipped: string | null;
  /** The error that ended it. */
  readonly error: string | null;
  readonly findings: Findings | null;
}

/** True if the server held; null if that is unknown: skipped, or failed with an excuse. */
export function held({ skipped, error, findings }: Verdict): boolean | null {
  if (skipped !== null) return null;
  if (error !== null || findings === null) return false;
  if (findings.tally !== null && !isSound(findings.tally)) return false;
  const failed = findings.checks.filter(({ ok }) => !ok);
  if (failed.some(({ excuse = null }) => excuse === null)) return false;
  return failed.length === 0 ? true : null;
}

/**
 * A mutant must not hold, and it must be what was measured that says so: an error may be the
 * suite's own.
 */
export function isPassed(verdict: Verdict): boolean {
  if (verdict.mutant !== null && verdict.error !== null) return false;
  const isHeld = held(verdict);
  return isHeld === null || isHeld === (verdict.mutant === null);
}

const COLUMNS = ["acknowledged", "lost", "duplicated", "unexpected", "recovered"] as const;

export function header(faults: readonly Fault[]): string {
  return `  ${"fault".padEnd(idWidth(faults))}${COLUMNS.map((name) => name.padStart(13)).join("")}   cycles  seconds\n`;
}

/** The fault's line, and below it what else was measured. */
export function describe(verdict: Verdict, faults: readonly Fault[]): string {
  const { id, mutant, cycles, seconds, skipped, error, findings } = verdict;
  const name = id.padEnd(idWidth(faults));
  if (skipped !== null) return `– ${name}  skipped: ${skipped}\n`;
  const cells = COLUMNS.map((column) => (findings?.tally?.[column].toLocaleString("en") ?? "–").padStart(13)).join("");
  const isHeld = held(verdict);
  const line = `${isHeld === null ? "–" : isPassed(verdict) ? "✓" : "✗"} ${name}${cells}${String(cycles).padStart(9)}${seconds.toFixed(1).padStart(9)}\n`;
  const indent = " ".repeat(idWidth(faults) + 4);
  const found = isHeld === null ? "inconclusive" : isHeld ? "NOT FOUND" : "found";
  return [
    line,
    ...(mutant === null ? [] : [`${indent}mutant: ${mutant}: ${found}\n`]),
    ...(findings?.checks ?? []).map(({ ok, text, excuse = null }) => {
      if (ok) return `${indent}${text}\n`;
      return excuse === null ? `${indent}✗ ${text}\n` : `${indent}– ${text}: inconclusive, ${excuse}\n`;
    }),
    ...(error === null ? [] : [`${indent}✗ ${error}\n`]),
  ].join("");
}

function idWidth(faults: readonly Fault[]): number {
  return Math.max(...faults.map(({ id }) => id.length));
}
