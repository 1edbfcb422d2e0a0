import type { Experiment } from "../experiment.ts";
import type { Plan } from "../plan.ts";

/** What every part of a report has to know of the experiment. */
export interface ReportContext {
  readonly experiment: ReportedExperiment;
  readonly plan: Plan | null;
  readonly alpha: number;
  /**
   * Whether the results are those of one look that was planned, or of all there will be; else every
   * look counts.
   */
  readonly isFixed: boolean;
  /**
   * Whether visitors are split as configured, and counted as they were assigned; nothing is
   * estimated else.
   */
  readonly isTrusted: boolean;
}

/**
 * An experiment as it was in the reported epoch: groups and weights, control, goals, allocations
 * and plan. `state` says whether visitors still come.
 */
export type ReportedExperiment = Pick<
  Experiment,
  "key" | "title" | "state" | "groups" | "control" | "goals" | "allocations" | "plan"
> & {
  /** What was assigned; `device` when left out. */
  readonly unit?: Experiment["unit"];
  /** Nobody said the weights, so that equal ones were assumed; false when left out. */
  readonly weightsAssumed?: boolean;
};
