import { changeWords, numberWords, percentWords, pWords, wholeWords } from "../../core/report/number-words.ts";
import type { Report } from "../../core/report/report.ts";
import type { Analyzed } from "./analyze.ts";
import { independenceText } from "./independence.ts";
import { inputsText } from "./inputs-text.ts";

/** The results as Markdown, for a pull request or a wiki. */
export function analyzedMarkdown({ inputs, reports, independence, notes }: Analyzed): string {
  const read = `${inputsText(inputs)}${notes.map((note) => `${note}\n`).join("")}${independenceText(independence)}`;
  return [
    ...reports.map(reportMarkdown),
    "## What was read\n",
    ...read
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => `${line.startsWith("  ") ? "  " : ""}- ${escaped(line.trim())}`),
    "",
  ].join("\n");
}

function reportMarkdown({ experiment, verdict, health, goals, alpha }: Report): string {
  const tables = goals.map((goal) => {
    const rows = goal.groups.map((group) => {
      const comparison = goal.comparisons.find((other) => other.group === group.group);
      const level =
        goal.kind === "binary"
          ? group.rate === null
            ? "none"
            : percentWords(group.rate)
          : group.mean === null
            ? "none"
            : numberWords(group.mean, 4);
      return [
        `${group.group}${group.isControl ? " (control)" : ""}`,
        wholeWords(group.devices),
        wholeWords(group.conversions),
        level,
        comparison?.lift == null ? "" : changeWords(comparison.lift),
        comparison?.pValue == null ? "" : `${pWords(comparison.pValue, comparison.log10P, alpha)} (${comparison.test})`,
      ];
    });
    return [
      `### ${escaped(goal.label)}${goal.primary ? " (primary goal)" : ""}\n`,
      row([
        "group",
        "visitors",
        goal.kind === "binary" ? "converted" : "with it",
        goal.kind === "binary" ? "rate" : "per visitor",
        "lift",
        "p",
      ]),
      row(["---", "--:", "--:", "--:", "--:", "--:"]),
      ...rows.map((cells) => row(cells.map(escaped))),
      "",
    ].join("\n");
  });
  return [
    `## ${escaped(experiment.title)}\n`,
    `${verdictMarkdown(verdict)}\n`,
    ...health.problems.map(({ severity, text }) => `- ${severity}: ${escaped(text)}`),
    "",
    ...tables,
  ].join("\n");
}

/** Bold the verdict's words; repeat them only if the sentences do not begin with them. */
function verdictMarkdown({ words, sentences }: Report["verdict"]): string {
  const text = sentences.join(" ");
  const rest = text.startsWith(words) ? text.slice(words.length) : `. ${text}`;
  return `**${escaped(words)}**${escaped(rest)}`;
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** Escapes user-chosen text. */
const escaped = (text: string) => text.replace(/[\\`*_{}[\]<>#|]/g, (sign) => `\\${sign}`).replace(/\s+/g, " ");
