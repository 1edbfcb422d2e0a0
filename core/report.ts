import type { Experiment } from "./experiment.ts";
import type { Plan } from "./plan.ts";
import type { CountedEpoch } from "./report/counted.ts";
import type { ReportDay } from "./report/daily.ts";
import type { Formula } from "./report/formulas.ts";
import type { GoalReport } from "./report/goal-report.ts";
import type { Health, LeftOut } from "./report/health.ts";
import type { Progress } from "./report/progress.ts";
import type { Verdict } from "./report/verdict.ts";

export interface ReportInput {
  /**
   * The experiment as it was in that epoch: groups and weights, control, goals, allocations and plan. `state` says whether
   * visitors still come.
   */
  readonly experiment: Pick<Experiment, "key" | "title" | "state" | "groups" | "control" | "goals" | "allocations"> & {
    readonly plan: Plan | null;
  };
  readonly epoch: number;
  /** All epochs that have results, ascending. */
  readonly epochs: readonly number[];
  /** The simulator's run that was counted; null for real visitors. */
  readonly run: string | null;
  /** The counts of that epoch; null when nobody was exposed in it. */
  readonly tally: CountedEpoch | null;
  /**
   * The counts of that epoch up to the moment at which every group had its planned number of devices; null while not, and
   * without a plan. The results are computed from it, so they stay as they were at that first look.
   */
  readonly frozen: CountedEpoch | null;
  /** That moment, ISO 8601 in UTC; null when `frozen` is. */
  readonly reachedAt: string | null;
  /** Now, ISO 8601 in UTC: for the pace. */
  readonly asOf: string;
  readonly leftOut: LeftOut;
}

/**
 * All that is said about one epoch of an experiment. Page, list, API, CSV and command line print this object. Numbers are not
 * rounded, shares and rates are 0 to 1, and it is the same after JSON: no NaN, no Infinity; what cannot be computed is null,
 * beside a status.
 */
export interface Report {
  readonly experiment: { readonly key: string; readonly title: string };
  readonly epoch: number;
  readonly epochs: readonly number[];
  readonly run: string | null;
  /** First exposures of the first and the last device that are counted in the results; null without devices. */
  readonly from: string | null;
  readonly to: string | null;
  readonly asOf: string;
  readonly control: string;
  /** Level of every test and interval here: intervals cover with probability 1 − alpha. */
  readonly alpha: number;
  readonly plan: Plan | null;
  readonly health: Health;
  readonly verdict: Verdict;
  readonly progress: Progress;
  /** The primary one first. */
  readonly goals: readonly GoalReport[];
  readonly days: readonly ReportDay[];
  readonly formulas: { readonly version: number; readonly list: readonly Formula[] };
}
