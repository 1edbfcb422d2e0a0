import { betterOf, type Goal, goalName, roleOf } from "../goal.ts";
import { independence } from "../statistics/independence.ts";
import { wilson } from "../statistics/wilson.ts";
import { meanAndVariance } from "../sums.ts";
import type { EpochTally, GoalTally } from "../tally.ts";
import type { Pair } from "./adjusted.ts";
import { type Bounds, boundsOf, finite } from "./bounds.ts";
import { looksAt, unitOf } from "./compare.ts";
import type { Comparison, NoNumber } from "./comparison.ts";
import type { ReportContext } from "./context.ts";

/** One goal's results: each group's level, and each other group compared with the control. */
export interface GoalReport {
  readonly event: string;
  readonly kind: Goal["kind"];
  /** Display name: the label, or the event if there is none. */
  readonly label: string;
  /** True for the first goal, which alone decides. */
  readonly primary: boolean;
  readonly role: "primary" | "secondary" | "guardrail";
  /** Which direction is an improvement. */
  readonly better: "up" | "down";
  /**
   * How long after a device's first exposure its events count, such as `1d`; null without a limit.
   */
  readonly window: string | null;
  /** ISO 4217 code; null if not configured. */
  readonly currency: string | null;
  /**
   * The limit at which totals per device were capped, in the value's own unit, and the number of
   * capped devices; null without a cap.
   */
  readonly cap: { readonly limit: number; readonly devices: number } | null;
  /** Events whose value cannot be counted: with more than 1 in 1,000 the goal has no verdict. */
  readonly unusableValues: number;
  /** In the experiment's order; groups without devices are included with 0. */
  readonly groups: readonly GoalGroup[];
  /**
   * Tests whether the groups differ at all: for binary goals with three or more groups. It decides
   * nothing: Holm's adjustment does.
   */
  readonly omnibus: Omnibus | null;
  /** In the experiment's order, without the control. */
  readonly comparisons: readonly Comparison[];
  /**
   * Adjustment of the p-values: `holm` over the primary goal's groups, `benjamini-hochberg` over
   * the groups of all other goals.
   */
  readonly adjustment: "holm" | "benjamini-hochberg";
}

export interface GoalGroup {
  readonly group: string;
  readonly isControl: boolean;
  /**
   * Devices whose window has closed (all, without a window); the other numbers count only these.
   */
  readonly devices: number;
  /** Devices whose window is still open. */
  readonly pending: number;
  /** Devices with at least one goal event at or after their first exposure. */
  readonly conversions: number;
  /** conversions / devices; null without devices. */
  readonly rate: number | null;
  /** Wilson interval. */
  readonly rateInterval: Bounds | null;
  readonly events: number;
  /**
   * Totals per device, zeros included, in the value's own unit or in events; null for binary goals.
   */
  readonly sum: number | null;
  readonly mean: number | null;
  /** With n − 1; null for fewer than two devices. */
  readonly variance: number | null;
}

/** Pearson's chi-square of the groups × 2 table. */
export interface Omnibus {
  /** `small_counts`: an expected count is below 5, so it decides nothing. */
  readonly status: "ok" | "small_counts" | "not_testable";
  readonly chi2: number | null;
  readonly df: number | null;
  readonly pValue: number | null;
  readonly log10P: number | null;
}

/** The results of a goal before its p-values are adjusted. */
export interface GoalDraft extends Omit<GoalReport, "comparisons"> {
  readonly pairs: readonly Pair[];
}

/** Above this share of uncountable values the goal's sums are meaningless. */
const MAX_UNUSABLE = 1 / 1000;
/** So few visitors with such values rule out no verdict: anybody can send them (arbitrary). */
const FEW_UNITS = 10;

/** 10^9 in units of the sums: the limit of totals without a cap. */
const NO_CAP = 10n ** 15n;

export function goalDraft(goal: Goal, place: number, counted: EpochTally | null, context: ReportContext): GoalDraft {
  const { experiment, isTrusted } = context;
  const groups = experiment.groups.map(({ name }) => {
    const own = goalTallyOf(counted, name, goal, place);
    return { name, goal: own, row: goalGroup(name, own, goal, context) };
  });
  const rows = groups.map(({ row }) => row);
  const sum = (of: (tally: GoalTally) => number) => groups.reduce((total, { goal: own }) => total + of(own), 0);
  const unusable = unusableOf(
    goal,
    groups.map(({ goal: own }) => own),
  );
  const blocked: NoNumber | null = !isTrusted ? "untrusted" : unusable.isBlocked ? "unusable_values" : null;
  const control = groups.find(({ name }) => name === experiment.control);
  const limit = groups.map(({ goal: own }) => own.capped?.limit ?? NO_CAP).find((one) => one !== NO_CAP) ?? NO_CAP;
  return {
    event: goalName(goal),
    kind: goal.kind,
    label: goal.label ?? goalName(goal),
    primary: place === 0,
    role: roleOf(goal, place),
    better: betterOf(goal),
    window: goal.window ?? null,
    currency: isAmount(goal) ? (goal.currency ?? null) : null,
    cap:
      goal.cap == null || limit === NO_CAP
        ? null
        : { limit: Number(limit) / unitOf(goal), devices: sum((own) => own.capped?.units ?? 0) },
    unusableValues: unusable.values,
    groups: rows,
    omnibus: goal.kind === "binary" && groups.length > 2 && isTrusted ? omnibusOf(rows) : null,
    pairs: groups
      .filter(({ name }) => name !== experiment.control)
      .map(({ name, goal: own }) => ({
        group: name,
        control: experiment.control,
        looks: looksAt(goal, experiment.control, control?.goal ?? nothing(goal, 0), name, own, context, blocked),
      })),
    adjustment: place === 0 ? "holm" : "benjamini-hochberg",
  };
}

/**
 * Counts a goal's events with uncountable values, and says if they rule out a verdict: by the
 * visitors who sent them where these are known, since one can send any number.
 */
export function unusableOf(goal: Goal, groups: readonly GoalTally[]): { values: number; isBlocked: boolean } {
  if (goal.kind !== "value" && goal.ratio?.of !== "value") return { values: 0, isBlocked: false };
  const values = groups.reduce((sum, { unusableValues }) => sum + unusableValues, 0);
  const total = (of: (tally: GoalTally) => number) => groups.reduce((sum, own) => sum + of(own), 0);
  if (groups.some(({ unusableUnits }) => unusableUnits === undefined)) {
    return { values, isBlocked: values > MAX_UNUSABLE * total(({ events }) => events) };
  }
  const units = total(({ unusableUnits = 0 }) => unusableUnits);
  return { values, isBlocked: units > Math.max(FEW_UNITS, MAX_UNUSABLE * total(({ devices }) => devices)) };
}

function goalGroup(
  name: string,
  own: GoalTally,
  goal: Goal,
  { experiment, alpha, isTrusted }: ReportContext,
): GoalGroup {
  const { n } = own.counts;
  const unit = unitOf(goal);
  const isRatio = goal.kind === "ratio";
  const total = goal.kind === "count" ? own.counts : own.values;
  const { mean, variance } = meanAndVariance(total, unit);
  const isMean = goal.kind !== "binary";
  const { numerator = 0n, denominator = 0n } = own.ratio ?? {};
  return {
    group: name,
    isControl: name === experiment.control,
    devices: n,
    pending: own.pending ?? 0,
    conversions: own.devices,
    rate: n === 0 ? null : own.devices / n,
    rateInterval: isTrusted ? boundsOf(wilson({ conversions: own.devices, n, alpha })) : null,
    events: own.events,
    sum: isMean ? finite(Number(isRatio ? numerator : total.sum) / unit) : null,
    mean: !isMean || n === 0 ? null : isRatio ? ratioOf(numerator, denominator, unit) : finite(mean),
    variance: isMean && !isRatio ? finite(variance) : null,
  };
}

function ratioOf(numerator: bigint, denominator: bigint, unit: number): number | null {
  return denominator === 0n ? null : finite(Number(numerator) / Number(denominator) / unit);
}

/** A group's counts of the goal at index `place` of the experiment's goals. */
export function goalTallyOf(counted: EpochTally | null, group: string, goal: Goal, place: number): GoalTally {
  const own = counted?.groups.find((other) => other.group === group);
  return own?.goals[place] ?? nothing(goal, own?.devices ?? 0);
}

/** The counts of a goal that none of the devices reached. */
function nothing(goal: Goal, devices: number): GoalTally {
  const sums = { n: devices, sum: 0n, sumSquares: 0n, sample: [] };
  return {
    event: goalName(goal),
    devices: 0,
    events: 0,
    unusableValues: 0,
    unusableUnits: 0,
    counts: sums,
    values: sums,
  };
}

function omnibusOf(rows: readonly GoalGroup[]): Omnibus {
  const table = rows.map(({ devices, conversions }) => [conversions, devices - conversions]);
  const { status, chi2, df, pValue, log10P } = independence({ table });
  return { status, chi2: finite(chi2), df, pValue: finite(pValue), log10P: finite(log10P) };
}

/** Whether the goal's means are amounts, rather than rates or counts. */
function isAmount({ kind, ratio }: Goal): boolean {
  return kind === "value" || ratio?.of === "value";
}
