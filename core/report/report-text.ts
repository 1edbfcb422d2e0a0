import type { Bounds } from "./bounds.ts";
import type { Comparison } from "./comparison.ts";
import type { GoalGroup, GoalReport } from "./goal-report.ts";
import { amountWords, changeWords, numberWords, percentWords, pWords, wholeWords } from "./number-words.ts";
import type { Report } from "./report.ts";

/**
 * A report as plain text for terminals; lines are not wrapped. The list of formulas is optional.
 */
export function reportText(report: Report, { hasFormulas = true }: { readonly hasFormulas?: boolean } = {}): string {
  const { experiment, epoch, epochs, run, from, to, health, verdict, progress, guardrails, goals, alpha, formulas } =
    report;
  const others = epochs.filter((other) => other !== epoch);
  const when = from === null || to === null ? [] : [`${from.slice(0, 10)} to ${to.slice(0, 10)}`];
  const about = [
    ...(others.length === 0 ? [] : [`period ${epoch} (others: ${others.join(", ")})`]),
    ...(run === null ? [] : [`simulated run ${run}`]),
    ...when,
  ];
  const title = experiment.title === experiment.key ? experiment.key : `${experiment.title} (${experiment.key})`;
  const lines = [
    title,
    ...(about.length === 0 ? [] : [about.join(", ")]),
    "",
    verdict.text,
    ...(verdict.kind === "early" || verdict.kind === "ahead" ? [] : progress.sentences),
    ...verdict.notes.map((note) => `note: ${note}`),
    ...(health.split.mismatch || health.split.status === "no_data" ? [] : [health.split.text]),
    ...guardrails.filter(({ state }) => state !== "harmed").map(({ text }) => text),
    ...health.problems
      .filter(({ severity }) => severity !== "alarm")
      .map(({ severity, text }) => `${severity}: ${text}`),
    ...goals.flatMap((goal) => ["", ...goalLines(goal, report)]),
    "",
    `Intervals are ${percentWords(1 - alpha)} intervals.${hasFormulas ? ` ${formulasText(formulas)}` : ""}`,
  ];
  // Replace control characters: a title could move the terminal's cursor.
  return `${lines.map((line) => line.replace(/\p{Cc}+/gu, " ")).join("\n")}\n`;
}

function formulasText({ version, list }: Report["formulas"]): string {
  return `Formulas, version ${version}: ${list.map(({ what, how }) => `${what}: ${how}`).join(". ")}.`;
}

function goalLines(goal: GoalReport, { alpha, health }: Report): string[] {
  const name = goal.label === goal.event ? goal.event : `${goal.label} (${goal.event})`;
  const role = goal.role === "secondary" ? "" : goal.role === "primary" ? ", primary goal" : ", guardrail";
  const dimmed = health.trusted ? "" : ", not to be trusted";
  const groups = goal.groups.map((group) => groupCells(goal, group));
  const header = [
    "group",
    "visitors",
    goal.kind === "binary" ? "converted" : "with it",
    goal.kind === "binary" ? "rate" : amountWords(goal.kind === "ratio" ? "ratio" : "per visitor", goal.currency),
  ];
  return [
    `${name}${role}${dimmed}`,
    ...aligned([header, ...groups]),
    ...goal.comparisons.map((comparison) => comparisonLine(comparison, goal, alpha)),
  ];
}

function groupCells({ kind }: GoalReport, group: GoalGroup): string[] {
  const name = `${group.group}${group.isControl ? " (control)" : ""}`;
  const interval = rangeWords(group.rateInterval, percentWords);
  const rate = group.rate === null ? "none" : `${percentWords(group.rate)}${interval === null ? "" : `  ${interval}`}`;
  const level = kind === "binary" ? rate : group.mean === null ? "none" : numberWords(group.mean, 4);
  return [name, wholeWords(group.devices), wholeWords(group.conversions), level];
}

function comparisonLine(comparison: Comparison, { comparisons }: GoalReport, alpha: number): string {
  const { group, control, lift, liftInterval, pValue, log10P, adjustedP, test, method, alwaysValid } = comparison;
  const range = rangeWords(liftInterval, changeWords);
  const said = [
    lift === null ? null : `lift ${changeWords(lift)}${range === null ? "" : ` (${range})`}`,
    pValue === null ? null : `${pWords(pValue, log10P, alpha)} (${method === null ? test : `${test}, ${method}`})`,
    adjustedP === null || comparisons.length < 2 ? null : `adjusted ${pWords(adjustedP, null, alpha)}`,
    alwaysValid?.pValue == null ? null : `sequential ${pWords(alwaysValid.pValue, alwaysValid.log10P, alpha)}`,
  ].filter((part) => part !== null);
  return `${group} against ${control}: ${said.length === 0 ? comparison.status.replaceAll("_", " ") : said.join(", ")}`;
}

function rangeWords(bounds: Bounds | null, words: (end: number) => string): string | null {
  if (bounds === null) return null;
  const [lower, upper] = bounds;
  return `${lower === null ? "…" : words(lower)} to ${upper === null ? "…" : words(upper)}`;
}

/** Aligns the first and the last column left, the others right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === row.length - 1 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
