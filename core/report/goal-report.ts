import type { Goal } from "../goal.ts";
import { MILLIONTHS } from "../millionths.ts";
import { independence } from "../statistics/independence.ts";
import { wilson } from "../statistics/wilson.ts";
import { meanAndVariance } from "../sums.ts";
import type { EpochTally, GoalTally } from "../tally.ts";
import { type Bounds, boundsOf, finite } from "./bounds.ts";
import { compare } from "./compare.ts";
import type { Comparison } from "./comparison.ts";
import type { ReportContext } from "./context.ts";

/** One goal's results: each group's, and each group's but the control's against the control. */
export interface GoalReport {
  readonly event: string;
  readonly kind: Goal["kind"];
  /** What people call it: its label, or the event. */
  readonly label: string;
  /** The first goal is; it alone decides. */
  readonly primary: boolean;
  /** In the experiment's order; one without devices is there with 0. */
  readonly groups: readonly GoalGroup[];
  /** Do the groups differ at all? For three or more groups and a binary goal; to be read before the comparisons. */
  readonly omnibus: Omnibus | null;
  /** In the experiment's order, without the control. */
  readonly comparisons: readonly Comparison[];
  /** Of the adjusted p-values: `holm` over the primary goal's groups, `benjamini-hochberg` over all other goals' groups. */
  readonly adjustment: "holm" | "benjamini-hochberg";
}

export interface GoalGroup {
  readonly group: string;
  readonly isControl: boolean;
  readonly devices: number;
  /** Devices with at least one goal event at or after their first exposure. */
  readonly conversions: number;
  /** conversions / devices; null without devices. */
  readonly rate: number | null;
  /** Wilson. */
  readonly rateInterval: Bounds | null;
  readonly events: number;
  /** Null for binary goals: per device, zeros included; the value's own unit, or events. */
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

/** The results of a goal, not yet adjusted for how many comparisons there are. */
export function goalReport(goal: Goal, counted: EpochTally | null, context: ReportContext): GoalReport {
  const { experiment, alpha } = context;
  const groups = experiment.groups.map(({ name }) => {
    const group = counted?.groups.find((other) => other.group === name);
    const own = group?.goals.find(({ event }) => event === goal.event);
    return { name, devices: group?.devices ?? 0, goal: own ?? nothing(goal.event, group?.devices ?? 0) };
  });
  const rows = groups.map(({ name, devices, goal: own }): GoalGroup => {
    const total = goal.kind === "count" ? own.counts : own.values;
    const unit = goal.kind === "count" ? 1 : MILLIONTHS;
    const { mean, variance } = meanAndVariance(total, unit);
    const isMean = goal.kind !== "binary";
    return {
      group: name,
      isControl: name === experiment.control,
      devices,
      conversions: own.devices,
      rate: devices === 0 ? null : own.devices / devices,
      rateInterval: boundsOf(wilson({ conversions: own.devices, n: devices, alpha })),
      events: own.events,
      sum: isMean ? finite(Number(total.sum) / unit) : null,
      mean: isMean && devices > 0 ? finite(mean) : null,
      variance: isMean ? finite(variance) : null,
    };
  });
  const control = groups.find(({ name }) => name === experiment.control);
  const isPrimary = goal === experiment.goals[0];
  return {
    event: goal.event,
    kind: goal.kind,
    label: goal.label ?? goal.event,
    primary: isPrimary,
    groups: rows,
    omnibus: goal.kind === "binary" && groups.length > 2 ? omnibusOf(rows) : null,
    comparisons: groups
      .filter(({ name }) => name !== experiment.control)
      .map(({ name, goal: own }) =>
        compare(goal.kind, experiment.control, control?.goal ?? nothing(goal.event, 0), name, own, context),
      ),
    adjustment: isPrimary ? "holm" : "benjamini-hochberg",
  };
}

/** The counts of a goal that none of so many devices reached. */
function nothing(event: string, devices: number): GoalTally {
  const sums = { n: devices, sum: 0n, sumSquares: 0n, sample: [] };
  return { event, devices: 0, events: 0, unusableValues: 0, counts: sums, values: sums };
}

function omnibusOf(rows: readonly GoalGroup[]): Omnibus {
  const table = rows.map(({ devices, conversions }) => [conversions, devices - conversions]);
  const { status, chi2, df, pValue, log10P } = independence({ table });
  return { status, chi2: finite(chi2), df, pValue: finite(pValue), log10P: finite(log10P) };
}
