import { isReached, type Plan } from "../plan.ts";
import { PLANNED_ALPHA } from "../planned-devices.ts";
import type { EpochTally } from "../tally.ts";
import type { Traffic } from "../traffic.ts";
import { adjusted } from "./adjusted.ts";
import type { ReportContext, ReportedExperiment } from "./context.ts";
import { daily, type ReportDay } from "./daily.ts";
import { FORMULAS, FORMULAS_VERSION, type Formula } from "./formulas.ts";
import { type GoalReport, goalDraft } from "./goal-report.ts";
import { type Guardrail, guardrails } from "./guardrails.ts";
import { type Health, health, type LeftOut } from "./health.ts";
import { type Progress, progress } from "./progress.ts";
import { type SummaryCell, summary } from "./summary.ts";
import { type Verdict, verdict } from "./verdict.ts";
import type { NotedChange } from "./verdict-notes.ts";

export interface ReportInput {
  readonly experiment: ReportedExperiment;
  readonly epoch: number;
  /** All epochs that have results, ascending. */
  readonly epochs: readonly number[];
  /** The simulator's run that was counted; null for real visitors. */
  readonly run: string | null;
  /**
   * The counts of that epoch, of the experiment's goals in their order; null when nobody was
   * exposed in it.
   */
  readonly tally: EpochTally | null;
  /**
   * The counts of that epoch up to the moment at which every group had its planned number of
   * devices; null while not, and without a plan. The results are computed from it, so they stay as
   * they were at that first look.
   */
  readonly frozen: EpochTally | null;
  /** That moment, ISO 8601 in UTC; null when `frozen` is. */
  readonly reachedAt: string | null;
  /** Now, ISO 8601 in UTC: for the pace. */
  readonly asOf: string;
  readonly leftOut: LeftOut;
  /**
   * All devices there will be are counted, and were not looked at before: `tally` is the one look.
   * False when left out.
   */
  readonly isFinished?: boolean;
  /**
   * Whether the times of `tally` and `asOf` mean anything: a table may have none. True by default.
   */
  readonly hasTimes?: boolean;
  /**
   * The counts are of a file, of which nobody knows whether its experiment runs; false when left
   * out.
   */
  readonly isFile?: boolean;
  /** Where the exposures came from; null when nobody knows. */
  readonly traffic?: Traffic | null;
  /** Windows and caps that were changed after the start; none when left out. */
  readonly changes?: readonly NotedChange[];
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
 * All that is said about one epoch of an experiment. Page, list, API, CSV and command line print
 * this object. Numbers are not rounded, shares and rates are 0 to 1, and it is the same after JSON:
 * no NaN, no Infinity; what cannot be computed is null, beside a status.
 */
export interface Report {
  readonly experiment: { readonly key: string; readonly title: string };
  readonly epoch: number;
  readonly epochs: readonly number[];
  readonly run: string | null;
  /**
   * First exposures of the first and the last device that are counted in the results; null without
   * devices.
   */
  readonly from: string | null;
  readonly to: string | null;
  /** Null when nothing says when the devices came. */
  readonly asOf: string | null;
  readonly control: string;
  /** In the experiment's order; what the results were computed from. */
  readonly groups: readonly ReportGroup[];
  /** Level of every test and interval here: intervals cover with probability 1 − alpha. */
  readonly alpha: number;
  readonly plan: Plan | null;
  readonly health: Health;
  readonly verdict: Verdict;
  readonly progress: Progress;
  /** All goals × groups at a glance. */
  readonly summary: readonly SummaryCell[];
  /** Of the goals that must not get worse, by what is known now. */
  readonly guardrails: readonly Guardrail[];
  /** The primary one first. */
  readonly goals: readonly GoalReport[];
  readonly days: readonly ReportDay[];
  /**
   * Devices of the groups that count but are on none of these days: by their clocks they came
   * before or after them.
   */
  readonly otherDays: number;
  readonly formulas: { readonly version: number; readonly list: readonly Formula[] };
}

/**
 * The report of one epoch. The same input gives the same report: no clock, no randomness but of a
 * fixed seed.
 *
 * @throws RangeError when one of `frozen` and `reachedAt` is missing, or the counts reached the
 * plan and `frozen` is missing
 */
export function report(input: ReportInput): Report {
  const {
    experiment,
    epoch,
    epochs,
    run,
    tally,
    frozen,
    reachedAt,
    asOf,
    leftOut,
    isFinished = false,
    hasTimes = true,
  } = input;
  const { plan, groups, goals } = experiment;
  rejectInvalid(input);
  const counted = frozen ?? tally;
  const from = hasTimes ? (counted?.firstAt ?? null) : null;
  const alpha = plan?.alpha ?? PLANNED_ALPHA;
  const found = { health: health(tally, { experiment }, leftOut, input.traffic ?? null) };
  const isFixed = frozen !== null || isFinished;
  const context: ReportContext = { experiment, plan, alpha, isFixed, isTrusted: found.health.trusted };
  const results = {
    ...found,
    guardrails: guardrails(tally, context),
    progress: progress({
      groups,
      plan,
      counted: tally,
      frozen,
      reachedAt,
      asOf,
      isRunning: input.isFile === true || !hasTimes ? null : experiment.state === "active",
      window: goals[0]?.window ?? null,
      isFinished,
    }),
    goals: adjusted(
      goals.map((goal, place) => goalDraft(goal, place, counted, context)),
      alpha,
      isFixed,
    ),
  };
  const [goal] = results.goals;
  if (!goal) throw new RangeError("experiment.goals is empty: allowed are 1 to 20 goals");
  return {
    experiment: { key: experiment.key, title: experiment.title },
    epoch,
    epochs,
    run,
    from,
    to: hasTimes ? (counted?.lastAt ?? null) : null,
    asOf: hasTimes ? asOf : null,
    control: experiment.control,
    groups: groups.map(({ name, label, weight }) => {
      const { devices = 0, sessions = 0, exposures = 0 } = counted?.groups.find(({ group }) => group === name) ?? {};
      const isControl = name === experiment.control;
      return { group: name, label: label ?? name, weight, isControl, devices, sessions, exposures };
    }),
    alpha,
    plan,
    health: results.health,
    verdict: verdict({
      ...results,
      goal,
      context,
      from,
      until: reachedAt ?? asOf,
      changes: input.changes ?? [],
    }),
    progress: results.progress,
    summary: summary(results.goals, results.guardrails, context),
    guardrails: results.guardrails,
    goals: results.goals,
    days: daily(tally, context),
    otherDays: groups.reduce(
      (sum, { name }) => sum + (tally?.groups.find(({ group }) => group === name)?.otherDays ?? 0),
      0,
    ),
    formulas: { version: FORMULAS_VERSION, list: FORMULAS },
  };
}

/** A plan that was reached has one look, and it is not today's. */
function rejectInvalid({ experiment, tally, frozen, reachedAt, isFinished = false }: ReportInput): void {
  const { plan, groups } = experiment;
  if (isFinished && plan !== null) throw new RangeError("isFinished is true: allowed is false with a plan");
  if ((frozen === null) !== (reachedAt === null) || (frozen !== null && plan === null)) {
    throw new RangeError(`reachedAt is ${reachedAt}: allowed is the time of frozen, both null without a plan`);
  }
  if (frozen !== null || plan === null) return;
  if (isReached(plan, groups, tally)) {
    throw new RangeError("frozen is null: allowed are the counts of when the plan was reached, because it was");
  }
}
