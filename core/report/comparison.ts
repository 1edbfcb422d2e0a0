import type { Bounds } from "./bounds.ts";

/** Why a comparison has no p-value and no interval. */
export type NoNumber =
  /** A group without devices. */
  | "no_data"
  /** A group with fewer than two devices; of a ratio, with too few that have a denominator. */
  | "insufficient_data"
  /** All devices did the same; p is exactly 1. */
  | "no_variance"
  /** Groups that differ, but in neither do devices: nothing to measure with. */
  | "zero_variance"
  /** Totals too skewed for a t test of groups so uneven, and too many to permute. */
  | "too_skewed"
  /**
   * Devices are not split as configured, or are not the unit that was assigned: nothing is
   * estimated.
   */
  | "untrusted"
  /** More than 1 in 1,000 events of the goal have a value that cannot be counted. */
  | "unusable_values";

/**
 * A group against the control, on one goal. Differences are group − control, lifts (group −
 * control) / |control|: with a control above 0 group / control − 1.
 */
export interface Comparison {
  readonly group: string;
  readonly control: string;
  /** Of the test that is shown: `ok`, or why there is no number. */
  readonly status: "ok" | NoNumber;
  /** In rates (0 to 1) for binary goals, else in events, value, or of a ratio, per device. */
  readonly difference: number | null;
  /**
   * Excludes 0 exactly when `pValue` is below the report's alpha; so does `liftInterval`, where
   * there is one.
   */
  readonly differenceInterval: Bounds | null;
  readonly lift: number | null;
  readonly liftInterval: Bounds | null;
  /**
   * `baseline_zero`: the control has nothing to be compared with. `baseline_near_zero`: it may as
   * well be 0. `baseline_negative`: it is below 0, where a lift misleads and the difference is
   * shown.
   */
  readonly liftStatus: "ok" | "baseline_zero" | "baseline_near_zero" | "baseline_negative" | "no_data";
  /**
   * What `pValue` comes from: `z` (pooled, two proportions), `welch` (t test), `permutation` where
   * those do not hold: an expected count below 5, a group with fewer than 100 devices whose value
   * is not 0, or totals too skewed for a t test.
   */
  readonly test: "z" | "welch" | "permutation" | null;
  /**
   * What the test is applied to, where that is not rates or totals. `studentised`: the permutations
   * are of Welch's t, since totals are skewed. `delta`: ratios, by the delta method. `cuped`:
   * totals less what the same devices did before predicts.
   */
  readonly method: "studentised" | "delta" | "cuped" | null;
  /**
   * Two-sided, for a single look that was planned; 0 only where it underflows, then `log10P` says
   * it.
   */
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** For random permutations: how many, and where the exact p-value lies, 99 times in 100. */
  readonly permutations: { readonly drawn: number; readonly p99: readonly [number, number] } | null;
  /**
   * Skewness of the difference of the means if the groups had one distribution; null for rates, or
   * not known.
   */
  readonly skewness: number | null;
  /** Devices in all at which a difference so skewed would count as normal; null where it does. */
  readonly devicesUntilNormal: number | null;
  /**
   * Share of the squared standard error that what devices did before has removed, at most 1; null
   * without CUPED.
   */
  readonly varianceReduction: number | null;
  /** pValue among its family: see `GoalReport.adjustment`. */
  readonly adjustedP: number | null;
  /**
   * Intervals at the level at which `adjustedP` decides: they exclude 0 exactly when it is below
   * alpha.
   */
  readonly adjustedDifferenceInterval: Bounds | null;
  readonly adjustedLiftInterval: Bounds | null;
  /** What holds at any look; null once the planned number of devices was reached. */
  readonly alwaysValid: AlwaysValidComparison | null;
  /**
   * Binary goals: the chance that the group's rate is the higher one, when any rate was as likely
   * as any other before. It does not protect against peeking, and is not 1 − p. Null for other
   * goals.
   */
  readonly chanceToBeatControl: number | null;
}

/** The comparison by evidence that stays valid however often one looks. */
export interface AlwaysValidComparison {
  /**
   * `too_few`: before 100 devices of each group have a value, or 40 converted and 40 did not,
   * nothing is normal.
   */
  readonly status: "ok" | "too_few" | NoNumber;
  /**
   * `exact`: counts of devices. `asymptotic`: the difference of two means or rates. `joined`: both.
   */
  readonly kind: "exact" | "asymptotic" | "joined";
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** Holm over the comparisons of the primary goal, Benjamini–Hochberg over those of the others. */
  readonly adjustedP: number | null;
  /** Each excludes 0 exactly when `pValue` is below alpha; null where there is none yet. */
  readonly liftInterval: Bounds | null;
  readonly differenceInterval: Bounds | null;
  /** At the level at which `adjustedP` decides. */
  readonly adjustedLiftInterval: Bounds | null;
  readonly adjustedDifferenceInterval: Bounds | null;
}

/** A comparison by the one test that a plan allows. */
export type SingleLook = Omit<
  Comparison,
  "group" | "control" | "adjustedP" | "adjustedDifferenceInterval" | "adjustedLiftInterval" | "alwaysValid"
>;

/** The same by evidence that holds at any look. */
export type Evidence = Omit<AlwaysValidComparison, "adjustedP" | "adjustedDifferenceInterval" | "adjustedLiftInterval">;

/** Both, with intervals that cover with probability 1 − alpha; the p-values do not depend on it. */
export interface Looks {
  /** What was seen; null where nothing may be estimated. */
  readonly estimate: { readonly difference: number | null; readonly lift: number | null };
  readonly single: (alpha: number) => SingleLook;
  readonly live: (alpha: number) => Evidence;
}
