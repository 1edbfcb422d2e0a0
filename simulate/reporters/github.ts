import { appendFile } from "node:fs/promises";
import { EnvironmentMissing } from "../environment.ts";
import type { SimulationReport } from "../report.ts";
import { reasonOf } from "./group-rows.ts";
import { markdown } from "./markdown.ts";
import { shortened } from "./shortened.ts";

/** Annotations of GitHub Actions, one for each failed check. */
export function githubAnnotations(report: SimulationReport): string {
  const reason = reasonOf(report);
  const failed = report.checks.filter(({ ok }) => !ok).map(({ name, detail }) => annotation(name, detail));
  return [...failed, ...(reason === null ? [] : [annotation("complete", reason)])].join("");
}

/** Appends the report to the job's summary, if GitHub Actions names a file for it. */
export async function appendSummary(report: SimulationReport, env: NodeJS.ProcessEnv): Promise<void> {
  const { GITHUB_STEP_SUMMARY: file } = env;
  if (!file) return;
  await appendFile(file, `${markdown(report)}\n`).catch(({ message }: Error) => {
    throw new EnvironmentMissing(`GITHUB_STEP_SUMMARY is "${file}", which cannot be written (${message})`);
  });
}

function annotation(title: string, text: string): string {
  const encoded = (part: string) => part.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return `::error title=fairsplit ${encoded(title).replaceAll(":", "%3A").replaceAll(",", "%2C")}::${encoded(shortened(text))}\n`;
}
