import type { Experiment } from "../experiment.ts";
import { rehearsedDefinition } from "./rehearsed-definition.ts";
import type { RehearsalReport } from "./report.ts";

/**
 * How an experiment stands before its start: `passed`, or why that is no proof. `changed`: the
 * definition is another than the one that was rehearsed.
 */
export type Standing = "passed" | "none" | "changed" | "failed";

export function standingOf(experiment: Experiment, last: Pick<RehearsalReport, "ok" | "definition"> | null): Standing {
  if (last === null) return "none";
  if (last.definition !== rehearsedDefinition(experiment)) return "changed";
  return last.ok ? "passed" : "failed";
}
