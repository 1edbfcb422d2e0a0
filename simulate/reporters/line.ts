import type { SimulationReport } from "../report.ts";
import { reasonOf } from "./group-rows.ts";

/** One line: the result, the failures, and the command to repeat it. */
export function line(report: SimulationReport): string {
  const { ok, visits, seed, checks, timing } = report;
  const failed = checks.filter((check) => !check.ok).map(({ name }) => name);
  const reason = reasonOf(report);
  const result = failed.length > 0 ? `failed: ${failed.join(", ")}` : ok ? "passed" : "not finished";
  return `fairsplit simulate ${result}: ${visits} visits in ${timing.seconds.toFixed(1)} s, seed ${seed}${reason === null ? "" : `, not all: ${reason.replace(/\s+/g, " ")}`}\n`;
}
