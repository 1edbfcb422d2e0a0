import type { Experiment } from "../experiment.ts";
import type { Plan } from "../plan.ts";

/** The facts of the experiment that every part of a report needs. */
export interface ReportContext {
  readonly experiment: ReportedExperiment;
  readonly plan: Plan | null;
  readonly alpha: number;
  /**
   * Whether the results come from one planned look or are complete; otherwise the evidence is
   * sequential.
   */
  readonly isFixed: boolean;
  /**
   * Whether visitors are split as configured and counted as they were assigned; otherwise nothing
   * is estimated.
   */
  readonly isTrusted: boolean;
}

/**
 * An experiment as it was in the reported epoch: groups, weights, control, goals, allocations and
 * plan. `state` says whether visitors still arrive.
 */
export type ReportedExperiment = Pick<
  Experiment,
  "key" | "title" | "state" | "groups" | "control" | "goals" | "allocations" | "plan"
> & {
  /** The unit of assignment; default `device`. */
  readonly unit?: Experiment["unit"];
  /** The weights were not given, so equal ones are assumed; default false. */
  readonly weightsAssumed?: boolean;
};
