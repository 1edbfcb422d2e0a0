import type { Colors } from "picocolors/types.js";
import type { RehearsalReport } from "../../core/rehearsal/report.ts";

/** The report as text, ending with a newline. */
export function reportText(report: RehearsalReport, colors: Colors): string {
  const { ok, experiment, page, checks, views, withoutTag, seconds } = report;
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, ok: passed, tested, detail, fix }) => {
    const mark = passed ? (tested ? colors.green("✓") : "–") : colors.red("✗");
    const title = name.padEnd(width);
    return [
      `${mark} ${passed ? title : colors.bold(title)}  ${detail}`,
      ...(fix === null ? [] : [`  ${" ".repeat(width)}  ${colors.bold("fix:")} ${fix}`]),
    ];
  });
  const visits = views.reduce((sum, view) => sum + view.visits, 0) + withoutTag.visits;
  const failed = checks.filter((check) => !check.ok).map(({ name }) => name);
  return `${[
    `Rehearsal of ${experiment} on ${page}`,
    "",
    ...lines,
    "",
    `${visits} visits in ${seconds.toFixed(1)} s, none of them counted.`,
    ok ? colors.green("Rehearsal passed.") : colors.red(`Rehearsal failed: ${failed.join(", ")}.`),
  ].join("\n")}\n`;
}
