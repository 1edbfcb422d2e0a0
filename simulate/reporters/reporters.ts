import { resolve } from "node:path";
import pc from "picocolors";
import { allInTurn, type OutputFile, requireWritableFile, writeOutput } from "../output-file.ts";
import { pretty } from "../pretty.ts";
import type { SimulationReport } from "../report.ts";
import { UsageError } from "../usage-error.ts";
import { appendSummary, githubAnnotations } from "./github.ts";
import { html } from "./html.ts";
import { junit } from "./junit.ts";
import { line } from "./line.ts";
import { markdown } from "./markdown.ts";
import { screenColors } from "./screen-colors.ts";

export const REPORTERS = ["pretty", "line", "json", "junit", "github", "markdown", "html"] as const;

/** A reporter and its destination: a file, or stdout if null. */
export interface Reporter {
  readonly name: (typeof REPORTERS)[number];
  readonly file: string | null;
}

/** Reporters for programs, which read a file; `github` writes to GitHub's own file. */
const NEEDS_FILE: readonly Reporter["name"][] = ["junit", "markdown", "html"];

/**
 * Parses `--reporter pretty,junit=report.xml,…`. Throws UsageError naming the value and what is
 * allowed.
 */
export function parseReporters(text: string | null, isJson: boolean): Reporter[] {
  const parts = text === null ? (isJson ? ["json"] : ["pretty"]) : text.split(",");
  const reporters = parts.map((part): Reporter => {
    const at = part.indexOf("=");
    const given = (at === -1 ? part : part.slice(0, at)).trim();
    const file = at === -1 ? null : part.slice(at + 1).trim();
    const name = REPORTERS.find((candidate) => candidate === given);
    if (!name) throw new UsageError(`--reporter has "${given}": allowed are ${REPORTERS.join(", ")}`);
    if (name === "github" && file !== null) {
      throw new UsageError(`--reporter has "${part}": github takes no file, GitHub says where its summary goes`);
    }
    if (file === "" || (file === null && NEEDS_FILE.includes(name))) {
      throw new UsageError(`--reporter has "${part}": ${name} needs a file, such as ${name}=report.${extension(name)}`);
    }
    return { name, file };
  });
  if (isJson && text !== null) reporters.push({ name: "json", file: null });
  const printed = reporters.filter(({ name, file }) => file === null && name !== "github");
  if (printed.length > 1) {
    throw new UsageError(
      `--reporter prints ${printed.map(({ name }) => name).join(" and ")}: allowed is one on stdout, the others as name=file`,
    );
  }
  for (const [place, { name, file }] of reporters.entries()) {
    if (file === null) continue;
    const other = reporters.slice(0, place).find((each) => each.file !== null && resolve(each.file) === resolve(file));
    if (other) {
      throw new UsageError(`--reporter writes ${other.name} and ${name} to "${file}": allowed is a file for each`);
    }
  }
  return reporters;
}

/** Checks before a run that its reports can be written. Throws UsageError. */
export async function requireWritable(reporters: readonly Reporter[]): Promise<void> {
  for (const reporter of reporters) await requireWritableFile(outputOf(reporter));
}

function outputOf({ name, file }: Reporter): OutputFile | null {
  return file === null ? null : { option: `--reporter has "${name}=${file}"`, path: file };
}

/**
 * Prints and writes the report of a run, even of a failed or interrupted one. Throws
 * EnvironmentMissing, after all that could be written.
 */
export async function writeReports(report: SimulationReport, reporters: readonly Reporter[]): Promise<void> {
  await allInTurn(reporters.map((reporter) => () => writeReport(report, reporter)));
}

async function writeReport(report: SimulationReport, reporter: Reporter): Promise<void> {
  const { name, file } = reporter;
  if (name === "github") {
    process.stdout.write(githubAnnotations(report));
    return appendSummary(report, process.env);
  }
  const text = formatted(name, report, file === null);
  if (file === null) process.stdout.write(text);
  else await writeOutput(outputOf(reporter), text);
}

function formatted(name: Exclude<Reporter["name"], "github">, report: SimulationReport, isScreen: boolean): string {
  switch (name) {
    case "pretty":
      return pretty(report, isScreen ? screenColors() : pc.createColors(false));
    case "line":
      return line(report);
    case "json":
      return `${JSON.stringify(report, null, 2)}\n`;
    case "junit":
      return junit(report);
    case "markdown":
      return markdown(report);
    case "html":
      return html(report);
  }
}

function extension(name: Reporter["name"]): string {
  return name === "junit" ? "xml" : name === "markdown" ? "md" : name === "html" ? "html" : "txt";
}
