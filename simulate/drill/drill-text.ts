import type { Colors } from "picocolors/types.js";
import { FAULT_WORDS } from "./fault-names.ts";
import type { FaultOutcome } from "./outcome.ts";

const MAX_ERRORS_SHOWN = 3;

/** One line of a fault, and below it what is wrong. */
export function faultLine(outcome: FaultOutcome, colors: Colors): string {
  const { name, ok, visits, hit, longestContentMs, limitMs, sent, stored, recoveryMs } = outcome;
  const mark = ok ? colors.green("✓") : colors.red("✗");
  const figures = [
    `${visits} visits, ${hit} requests hit`,
    `content after at most ${Math.round(longestContentMs).toLocaleString("en")} of ${limitMs.toLocaleString("en")} ms`,
    `${sent} events sent, ${stored} stored once`,
    `complete ${(recoveryMs / 1000).toFixed(1)} s after the fault`,
  ];
  const wrong = problemsOf(outcome).map((problem) => `\n    ${colors.red(problem)}`);
  return `${mark} ${name.padEnd(6)} ${FAULT_WORDS[name]}\n    ${figures.join("; ")}${wrong.join("")}\n`;
}

function problemsOf(outcome: FaultOutcome): string[] {
  const { withoutContent, pageErrors, lost, duplicates, unexpected, undelivered, longestContentMs, limitMs } = outcome;
  const problem = (count: number, words: string) => (count > 0 ? [`${count} ${words}`] : []);
  return [
    ...problem(outcome.hit === 0 ? 1 : 0, "fault that hit no request: nothing was tried"),
    ...problem(withoutContent, "visits without content"),
    ...(longestContentMs > limitMs ? ["content came too late"] : []),
    ...problem(pageErrors.length, `errors of pages: ${pageErrors.slice(0, MAX_ERRORS_SHOWN).join("; ")}`),
    ...problem(lost, "events lost"),
    ...problem(duplicates, "events stored twice"),
    ...problem(unexpected, "events stored that nobody sent"),
    ...problem(undelivered, "visits whose events were never acknowledged"),
  ];
}
