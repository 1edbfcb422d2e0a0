import type { Analyzed } from "./analyze.ts";
import type { FailOn } from "./options.ts";

/** The reasons for exit code 1, each in a sentence. */
export function failures(
  { inputs, reports }: Pick<Analyzed, "inputs" | "reports">,
  failOn: readonly FailOn[],
): string[] {
  return failOn.flatMap((reason) => {
    if (reason === "rejected") {
      return inputs
        .filter(({ rejected, cells }) => rejected.length > 0 || cells.some((cell) => cell.rejected !== null))
        .map(({ path }) => `--fail-on rejected: ${path} has rows or cells that do not count`);
    }
    return reports
      .filter(({ health, verdict }) => (reason === "srm" ? health.split.mismatch : verdict.kind === reason))
      .map(({ experiment, verdict }) => `--fail-on ${reason}: ${experiment.title}: ${verdict.words}`);
  });
}
