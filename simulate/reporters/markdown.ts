import type { SimulationReport } from "../report.ts";

/** The report as Markdown, for a job's summary or a comment. */
export function markdown(report: SimulationReport): string {
  const { ok, partial, visits, seed, target, checks, experiments, conversions, timing } = report;
  const result = partial ? "Interrupted" : ok ? "All checks passed" : "Failed";
  return [
    `## ${ok ? "✅" : "❌"} fairsplit simulate: ${result}`,
    "",
    `${visits} visits to ${cell(target)}, seed \`${code(seed)}\`, ${timing.seconds.toFixed(1)} s.`,
    "",
    "| | check | |",
    "|---|---|---|",
    ...checks.map(
      (check) => `| ${check.ok ? (check.tested ? "✅" : "➖") : "❌"} | ${check.name} | ${cell(check.detail)} |`,
    ),
    "",
    "| experiment | group | visits | share | expected | conversion | true rate |",
    "|---|---|---:|---:|---:|---:|---:|",
    ...experiments.flatMap(({ key, groups }) =>
      groups.map(({ name, seen, share, expected }) => {
        const row = conversions.find(({ experiment, group }) => experiment === key && group === name);
        const rates = row ? `${percent(row.rate)} | ${percent(row.expected)}` : "– | –";
        return `| ${cell(key)} | ${cell(name)} | ${seen} | ${percent(share)} | ${percent(expected)} | ${rates} |`;
      }),
    ),
    "",
    `Run it again: \`${code(report.rerun)}\``,
    "",
  ].join("\n");
}

const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
const code = (text: string) => text.replaceAll("`", "'");

/** Text in a table's cell: no markup of Markdown or HTML, and one line. */
function cell(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#+!|~&]/g, (mark) => `&#${mark.charCodeAt(0)};`).replace(/\s+/g, " ");
}
