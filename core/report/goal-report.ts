import type { Goal } from "../goal.ts";
import type { Bounds } from "./bounds.ts";
import type { Comparison } from "./comparison.ts";

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
