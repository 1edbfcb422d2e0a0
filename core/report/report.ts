import type { Exclusion } from "../exclusion.ts";
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
import { type CountedUnits, type Health, health, type LeftOut } from "./health.ts";
import { type Progress, progress } from "./progress.ts";
import { type SummaryCell, summary } from "./summary.ts";
import { type Verdict, verdict } from "./verdict.ts";
import type { NotedChange } from "./verdict-notes.ts";

export interface ReportInput {
  readonly experiment: ReportedExperiment;
  readonly epoch: number;
  /** All epochs with results, ascending. */
  readonly epochs: readonly number[];
  /** The counted run of the simulator; null for real visitors. */
  readonly run: string | null;
  /** The counts of that epoch, with goals in the experiment's order; null without exposures. */
  readonly tally: EpochTally | null;
  /**
   * The counts of that epoch up to the moment at which every group had its planned number of
   * devices; null before, and without a plan. The results are computed from it, so later visitors
   * do not change them.
   */
  readonly frozen: EpochTally | null;
  /** Time of `frozen`, ISO 8601 in UTC; null if that is null. */
  readonly reachedAt: string | null;
  /** The current time, ISO 8601 in UTC, for the pace. */
  readonly asOf: string;
  readonly leftOut: LeftOut;
  /** The data is complete and was not looked at before: `tally` is the one look. Default false. */
  readonly isFinished?: boolean;
  /**
   * Whether the times of `tally` and `asOf` have a meaning: a table may have no times. Default
   * true.
   */
  readonly hasTimes?: boolean;
  /**
   * The counts come from a file, so whether the experiment still runs is unknown. Default false.
   */
  readonly isFile?: boolean;
  /** Origin of the exposures; null if not known. */
  readonly traffic?: Traffic | null;
  /** Parts of the log that the counts leave out; default none. */
  readonly exclusions?: readonly Exclusion[];
  /** The unit that `tally` counts, and the exposures of the epoch that it leaves out. */
  readonly counted?: CountedUnits;
  /** Windows and caps changed after the start; default none. */
  readonly changes?: readonly NotedChange[];
}

export interface ReportGroup {
  readonly group: string;
  /** Display name: the label, or the name if there is none. */
  readonly label: string;
  readonly weight: number;
  readonly isControl: boolean;
  readonly devices: number;
  /** Sessions of these devices, and their exposures. */
  readonly sessions: number;
  readonly exposures: number;
}

/**
 * The results of one epoch of an experiment. Page, list, API, CSV and command line print this
 * object. Numbers are not rounded; shares and rates are 0 to 1. JSON preserves it: no NaN, no
 * Infinity; a number that cannot be computed is null, beside a status.
 */
export interface Report {
  readonly experiment: { readonly key: string; readonly title: string };
  readonly epoch: number;
  readonly epochs: readonly number[];
  readonly run: string | null;
  /** First exposures of the first and the last device in the results; null without devices. */
  readonly from: string | null;
  readonly to: string | null;
  /** Null if the data has no times. */
  readonly asOf: string | null;
  readonly control: string;
  /** The counts behind the results, in the experiment's order. */
  readonly groups: readonly ReportGroup[];
  /** Level of all tests and intervals: intervals cover with probability 1 − alpha. */
  readonly alpha: number;
  readonly plan: Plan | null;
  readonly health: Health;
  readonly verdict: Verdict;
  readonly progress: Progress;
  /** The matrix of goals × groups. */
  readonly summary: readonly SummaryCell[];
  /** The goals that must not get worse, by the current counts. */
  readonly guardrails: readonly Guardrail[];
  /** The primary goal first. */
  readonly goals: readonly GoalReport[];
  readonly days: readonly ReportDay[];
  /** Counted devices on none of these days: their clocks place them before or after. */
  readonly otherDays: number;
  readonly formulas: { readonly version: number; readonly list: readonly Formula[] };
}

/**
 * Computes the report of one epoch. Deterministic: no clock, and no randomness without a fixed
 * seed.
 *
 * @throws RangeError if only one of `frozen` and `reachedAt` is given, or the counts reach the plan
 * and `frozen` is missing
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
  const { traffic = null, exclusions = [] } = input;
  const found = { health: health(tally, { experiment }, leftOut, { traffic, exclusions }, input.counted) };
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

/** Throws RangeError: a plan that was reached needs the counts of its one look. */
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
