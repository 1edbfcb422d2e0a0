import type { Experiment } from "../experiment.ts";
import { isReached, type Plan } from "../plan.ts";
import { PLANNED_ALPHA } from "../planned-devices.ts";
import type { EpochTally } from "../tally.ts";
import { adjusted } from "./adjusted.ts";
import { daily, type ReportDay } from "./daily.ts";
import { FORMULAS, FORMULAS_VERSION, type Formula } from "./formulas.ts";
import { type GoalReport, goalReport } from "./goal-report.ts";
import { type Health, health, type LeftOut } from "./health.ts";
import { type Progress, progress } from "./progress.ts";
import { type Verdict, verdict } from "./verdict.ts";

export interface ReportInput {
  /**
   * The experiment as it was in that epoch: groups and weights, control, goals, allocations and plan. `state` says whether
   * visitors still come.
   */
  readonly experiment: Pick<
    Experiment,
    "key" | "title" | "state" | "groups" | "control" | "goals" | "allocations" | "plan"
  >;
  readonly epoch: number;
  /** All epochs that have results, ascending. */
  readonly epochs: readonly number[];
  /** The simulator's run that was counted; null for real visitors. */
  readonly run: string | null;
  /** The counts of that epoch, of the experiment's goals in their order; null when nobody was exposed in it. */
  readonly tally: EpochTally | null;
  /**
   * The counts of that epoch up to the moment at which every group had its planned number of devices; null while not, and
   * without a plan. The results are computed from it, so they stay as they were at that first look.
   */
  readonly frozen: EpochTally | null;
  /** That moment, ISO 8601 in UTC; null when `frozen` is. */
  readonly reachedAt: string | null;
  /** Now, ISO 8601 in UTC: for the pace. */
  readonly asOf: string;
  readonly leftOut: LeftOut;
}

export interface ReportGroup {
  readonly group: string;
  /** What people call it: its label, or the name. */
  readonly label: string;
  readonly weight: number;
  readonly isControl: boolean;
  readonly devices: number;
  /** Sessions and exposures of these devices. */
  readonly sessions: number;
  readonly exposures: number;
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
  /** In the experiment's order; what the results were computed from. */
  readonly groups: readonly ReportGroup[];
  /** Level of every test and interval here: intervals cover with probability 1 − alpha. */
  readonly alpha: number;
  readonly plan: Plan | null;
  readonly health: Health;
  readonly verdict: Verdict;
  readonly progress: Progress;
  /** The primary one first. */
  readonly goals: readonly GoalReport[];
  readonly days: readonly ReportDay[];
  /** Devices of the groups that count but are on none of these days: by their clocks they came before or after them. */
  readonly otherDays: number;
  readonly formulas: { readonly version: number; readonly list: readonly Formula[] };
}

/**
 * The report of one epoch. The same input gives the same report: no clock, no randomness but of a fixed seed.
 *
 * @throws RangeError when one of `frozen` and `reachedAt` is missing, or the counts reached the plan and `frozen` is missing
 */
export function report(input: ReportInput): Report {
  const { experiment, epoch, epochs, run, tally, frozen, reachedAt, asOf, leftOut } = input;
  const { plan, groups, goals } = experiment;
  refuseInvalid(input);
  const counted = frozen ?? tally;
  const alpha = plan?.alpha ?? PLANNED_ALPHA;
  const context = { experiment, plan, alpha, isFixed: frozen !== null };
  const found = {
    health: health(tally, context, leftOut),
    progress: progress({
      groups,
      plan,
      counted: tally,
      frozen,
      reachedAt,
      asOf,
      isRunning: experiment.state === "active",
    }),
    goals: adjusted(
      goals.map((goal) => goalReport(goal, counted, context)),
      alpha,
    ),
  };
  const [goal] = found.goals;
  if (!goal) throw new RangeError("experiment.goals is empty: allowed are 1 to 20 goals");
  return {
    experiment: { key: experiment.key, title: experiment.title },
    epoch,
    epochs,
    run,
    from: counted?.firstAt ?? null,
    to: counted?.lastAt ?? null,
    asOf,
    control: experiment.control,
    groups: groups.map(({ name, label, weight }) => {
      const { devices = 0, sessions = 0, exposures = 0 } = counted?.groups.find(({ group }) => group === name) ?? {};
      const isControl = name === experiment.control;
      return { group: name, label: label ?? name, weight, isControl, devices, sessions, exposures };
    }),
    alpha,
    plan,
    health: found.health,
    verdict: verdict({ ...found, goal, context }),
    progress: found.progress,
    goals: found.goals,
    days: daily(tally, experiment),
    otherDays: groups.reduce(
      (sum, { name }) => sum + (tally?.groups.find(({ group }) => group === name)?.otherDays ?? 0),
      0,
    ),
    formulas: { version: FORMULAS_VERSION, list: FORMULAS },
  };
}

/** A plan that was reached has one look, and it is not today's. */
function refuseInvalid({ experiment, tally, frozen, reachedAt }: ReportInput): void {
  const { plan, groups } = experiment;
  if ((frozen === null) !== (reachedAt === null) || (frozen !== null && plan === null)) {
    throw new RangeError(`reachedAt is ${reachedAt}: allowed is the time of frozen, both null without a plan`);
  }
  if (frozen !== null || plan === null) return;
  if (isReached(plan, groups, tally)) {
    throw new RangeError("frozen is null: allowed are the counts of when the plan was reached, because it was");
  }
}
