import type { Drift } from "./drift.ts";
import type { Verification } from "./verify.ts";

/** A verification as text of several lines. */
export function describeVerification(verification: Verification): string {
  const { folder, segments, bytes, events, assignments, checkpoints, sticky, counters, history, drifts, details } =
    verification;
  const number = (value: number) => value.toLocaleString("en");
  const lines = [
    `${folder}: ${number(events)} events, ${number(bytes)} bytes, segments: ${number(segments)}`,
    counters
      ? `counters: ${number(counters.stored)} stored, ${number(counters.duplicate)} duplicates, ` +
        `${number(counters.rejected)} rejected, ${number(counters.shed)} shed, ${number(counters.bot)} of bots, ${number(counters.off)} while off`
      : "counters: none saved",
    `checkpoints: ${number(checkpoints.checked)} compared` +
      (checkpoints.damaged > 0 ? `, ${number(checkpoints.damaged)} damaged (the next start does without)` : ""),
    `groups: ${number(assignments.checked)} recomputed, ${number(assignments.unchecked)} not ` +
      "(of other epochs, of units that did not take part or are not named, or impossible and left out)",
    sticky.units === null
      ? `exposed units: ${sticky.isThere ? "the file is unusable, the next start makes it again" : "none saved"}`
      : `exposed units: ${number(sticky.units)} compared with the log`,
    `history: ${number(history.changes)} changes` +
      (history.unfinished > 0 ? `, ${number(history.unfinished)} not finished (the next start undoes them)` : ""),
    drifts === 0 ? "✓ no drift" : `✗ ${number(drifts)} ${drifts === 1 ? "drift" : "drifts"}:`,
    ...details.map(describeDrift),
  ];
  if (drifts > details.length) lines.push(`  … and ${number(drifts - details.length)} more`);
  return `${lines.join("\n")}\n`;
}

function describeDrift({ kind, file, line, offset, id, detail }: Drift): string {
  const place = line === null ? file : `${file} line ${line} (byte ${offset})`;
  return `  ${kind}: ${place}${id === null ? "" : ` id ${id}`}: ${detail}`;
}
