import type { SimulationReport } from "../report.ts";

/** One line: the result, the failures, and the command to repeat it. */
export function line({ ok, partial, visits, seed, checks, timing }: SimulationReport): string {
  const failed = checks.filter((check) => !check.ok).map(({ name }) => name);
  const result = failed.length > 0 ? `failed: ${failed.join(", ")}` : ok ? "passed" : "not finished";
  return `fairsplit simulate ${result}: ${visits} visits in ${timing.seconds.toFixed(1)} s, seed ${seed}${partial ? ", interrupted" : ""}\n`;
}
