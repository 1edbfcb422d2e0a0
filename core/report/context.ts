import type { Experiment } from "../experiment.ts";
import type { Plan } from "../plan.ts";

/** What every part of a report has to know of the experiment. */
export interface ReportContext {
  readonly experiment: Pick<Experiment, "groups" | "control" | "goals" | "allocations">;
  readonly plan: Plan | null;
  readonly alpha: number;
  /** Whether the results are those of the plan's one look; else every look counts. */
  readonly isFixed: boolean;
}
