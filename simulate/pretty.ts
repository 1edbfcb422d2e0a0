import type { Colors } from "picocolors/types.js";
import { FALSE_ALARM_RATE } from "./checks/check.ts";
import type { SimulationReport } from "./report.ts";
import { effectRows, percent, reasonOf } from "./reporters/group-rows.ts";

/** Formats the report as text, ending with a newline. */
export function pretty(report: SimulationReport, colors: Colors): string {
  const lines = [
    `${report.visits} ${report.driver} visits to ${report.target}, seed ${report.seed}${report.partial ? " (not finished)" : ""}`,
    "",
    ...report.experiments.flatMap((experiment) => experimentLines(report, experiment)),
    ...report.independence.flatMap((pair) => [
      `Split independence ${pair.a}/${pair.b}:`,
      ...pair.cells.map(
        ({ a, b, share, expected }) => `  (${a}, ${b}): ${percent(share)}, expected ${percent(expected)}`,
      ),
      "",
    ]),
    ...scenarioLines(report),
    "Checks:",
    ...report.checks.map(({ name, ok, detail }) =>
      ok ? `  ${colors.green("✓")} ${name}: ${detail}` : `  ${colors.red("✗")} ${colors.bold(name)}: ${detail}`,
    ),
    "",
    ...detectableLines(report),
    `${report.visits} visits in ${report.timing.seconds.toFixed(1)} s, ${report.timing.visitsPerSecond.toFixed(1)} per second.`,
    resultLine(report, colors),
  ];
  return `${lines.join("\n")}\n`;
}

function experimentLines(
  report: SimulationReport,
  { key, state, groups }: SimulationReport["experiments"][number],
): string[] {
  const split =
    state === "active"
      ? [`${key} split:`, ...groups.map((group) => `  ${group.name}: ${seen(group)}, exact ${percent(group.expected)}`)]
      : [`${key} is ${state}, so nothing is split:`, ...groups.map((group) => `  ${group.name}: ${seen(group)}`)];
  const rows = report.conversions.filter(({ experiment }) => experiment === key);
  if (rows.length === 0) return [...split, ""];
  const events = rows.map(({ group, devices, converted, rate, expected, source }) => {
    // Two standard errors, as printed by the original demo.
    const spread = devices === 0 ? 0 : 2 * Math.sqrt((rate * (1 - rate)) / devices);
    const conversion = `Conv=${(100 * rate).toFixed(2)} +- ${percent(spread)}`;
    return `  ${group}: ${devices} visits, ${converted} clicks, ${conversion}, ${source === "exact" ? "Exact" : "Expected"}: ${percent(expected)}`;
  });
  return [...split, `${key} events:`, ...events, ""];
}

function scenarioLines(report: SimulationReport): string[] {
  const { scenario } = report;
  if (!scenario) return [];
  const { people, bots, silent, visits, pageViews, days } = scenario;
  const rows = effectRows(report).map(({ experiment, groups, goal, numbers: [found, interval, truth] }) => {
    const seen = found === "–" ? "too few conversions" : `${found} (${interval})`;
    return `  ${experiment} ${groups}, ${goal}: ${seen}, truth ${truth}`;
  });
  return [
    `${people} people on ${days} days: ${visits} visits, ${pageViews} page views; ${bots} bots, ${silent} who send nothing`,
    "",
    "Effects:",
    ...rows,
    "",
  ];
}

function detectableLines({ detectable: { split, conversion }, visits }: SimulationReport): string[] {
  if (split === null) return [];
  const rate = conversion === null ? "" : `, or of ${points(conversion)} in a click rate`;
  return [
    `${visits} visits detect a deviation of ${points(split)} in a split${rate}, with 80% power`,
    `and 1 false alarm in ${1 / FALSE_ALARM_RATE} runs. Use more visits to detect smaller deviations.`,
    "",
  ];
}

function resultLine(report: SimulationReport, colors: Colors): string {
  if (report.ok) return colors.green("All checks passed.");
  const names = failed(report);
  const result = names === "" ? [] : [`Failed: ${names}.`];
  const reason = reasonOf(report);
  const end = reason === null ? [] : [`Not finished: ${reason}.`];
  return colors.red([...result, ...end].join(" "));
}

function failed({ checks }: SimulationReport): string {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ name }) => name)
    .join(", ");
}

function seen(group: { seen: number; share: number }): string {
  return `${group.seen} visits (${percent(group.share)})`;
}

function points(share: number): string {
  return `${(100 * share).toFixed(1)} points`;
}
