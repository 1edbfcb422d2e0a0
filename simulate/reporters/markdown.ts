import type { SimulationReport } from "../report.ts";
import { effectRows, groupRows, reasonOf, resultWords } from "./group-rows.ts";
import { shortened } from "./shortened.ts";

/** The report as Markdown, for a job's summary or a comment. */
export function markdown(report: SimulationReport): string {
  const { ok, visits, seed, target, checks, timing } = report;
  const reason = reasonOf(report);
  return [
    `## ${ok ? "✅" : "❌"} fairsplit simulate: ${resultWords(report)}`,
    "",
    `${visits} visits to ${cell(target)}, seed \`${code(seed)}\`, ${timing.seconds.toFixed(1)} s.`,
    ...(reason === null ? [] : ["", `Not finished: ${cell(reason)}.`]),
    "",
    "| | check | |",
    "|---|---|---|",
    ...checks.map(
      (check) => `| ${check.ok ? (check.tested ? "✅" : "➖") : "❌"} | ${check.name} | ${cell(check.detail)} |`,
    ),
    "",
    "| experiment | group | visits | share | expected | conversion | true rate |",
    "|---|---|---:|---:|---:|---:|---:|",
    ...groupRows(report).map(
      ({ experiment, group, numbers }) => `| ${cell(experiment)} | ${cell(group)} | ${numbers.join(" | ")} |`,
    ),
    ...effectLines(report),
    "",
    `Run it again: \`${code(report.rerun)}\``,
    "",
  ].join("\n");
}

function effectLines(report: SimulationReport): string[] {
  const rows = effectRows(report);
  if (rows.length === 0) return [];
  return [
    "",
    "| effect | groups | goal | found | 95% interval | truth |",
    "|---|---|---|---:|---:|---:|",
    ...rows.map(
      ({ experiment, groups, goal, numbers }) =>
        `| ${cell(experiment)} | ${cell(groups)} | ${cell(goal)} | ${numbers.join(" | ")} |`,
    ),
  ];
}

const code = (text: string) => shortened(text).replaceAll("`", "'");

/** Text in a table's cell: no markup of Markdown or HTML, and one line. */
function cell(text: string): string {
  return shortened(text)
    .replace(/[\\`*_{}[\]<>()#+!|~&]/g, (mark) => `&#${mark.charCodeAt(0)};`)
    .replace(/\s+/g, " ");
}
