import type { Bounds } from "./bounds.ts";

/** Why a comparison has no p-value and no interval. */
export type NoNumber =
  /** A group has no devices. */
  | "no_data"
  /** A group has fewer than two devices or, for a ratio, too few with a denominator. */
  | "insufficient_data"
  /** All devices have the same value; p is exactly 1. */
  | "no_variance"
  /** The groups differ, but devices within each do not: there is no standard error. */
  | "zero_variance"
  /** Totals are too skewed for a t test of such uneven groups, and too many to permute. */
  | "too_skewed"
  /** Units are not split as configured, or are not what was assigned: nothing is estimated. */
  | "untrusted"
  /** More than 1 in 1,000 of the goal's events have a value that cannot be counted. */
  | "unusable_values";

/**
 * Comparison of a group with the control on one goal. The difference is group − control. The lift
 * is (group − control) / |control|.
 */
export interface Comparison {
  readonly group: string;
  readonly control: string;
  /** Status of the displayed test: `ok`, or the reason for having no number. */
  readonly status: "ok" | NoNumber;
  /** In rates (0 to 1) for binary goals, else events, value or ratio per device. */
  readonly difference: number | null;
  /**
   * Excludes 0 exactly when `pValue` is below the report's alpha; so does `liftInterval`, if it
   * exists.
   */
  readonly differenceInterval: Bounds | null;
  readonly lift: number | null;
  readonly liftInterval: Bounds | null;
  /**
   * `baseline_zero`: the control is 0, so there is no lift. `baseline_near_zero`: the control
   * cannot be told from 0. `baseline_negative`: the control is below 0, where a lift misleads and
   * the difference is shown.
   */
  readonly liftStatus: "ok" | "baseline_zero" | "baseline_near_zero" | "baseline_negative" | "no_data";
  /**
   * The test behind `pValue`: `z` (pooled, two proportions), `welch` (t test), or `permutation`
   * where those do not hold: an expected count below 5, a group with fewer than 100 devices whose
   * value is not 0, or totals too skewed for a t test.
   */
  readonly test: "z" | "welch" | "permutation" | null;
  /**
   * How the test is applied, unless to plain rates or totals. `studentised`: permutations of
   * Welch's t, because totals are skewed. `delta`: ratios, by the delta method. `cuped`: totals
   * less what the same devices' earlier values predict.
   */
  readonly method: "studentised" | "delta" | "cuped" | null;
  /**
   * Two-sided, for a single planned look; 0 only if it underflows, in which case `log10P` has it.
   */
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** Number of random permutations, and the 99 % interval of the exact p-value. */
  readonly permutations: { readonly drawn: number; readonly p99: readonly [number, number] } | null;
  /**
   * Skewness of the difference of the means if both groups had one distribution; null for rates, or
   * if not known.
   */
  readonly skewness: number | null;
  /** Total devices at which so skewed a difference counts as normal; null if it already does. */
  readonly devicesUntilNormal: number | null;
  /** Share of the squared standard error that CUPED has removed, at most 1; null without CUPED. */
  readonly varianceReduction: number | null;
  /** `pValue` adjusted within its family: see `GoalReport.adjustment`. */
  readonly adjustedP: number | null;
  /**
   * Intervals at the level at which `adjustedP` decides: they exclude 0 exactly when it is below
   * alpha.
   */
  readonly adjustedDifferenceInterval: Bounds | null;
  readonly adjustedLiftInterval: Bounds | null;
  /** The sequential evidence; null once the planned number of devices is reached. */
  readonly alwaysValid: AlwaysValidComparison | null;
  /**
   * For binary goals: the probability that the group's rate is the higher one, under uniform
   * priors. It does not protect against peeking, and is not 1 − p. Null for other goals.
   */
  readonly chanceToBeatControl: number | null;
}

/** The comparison by sequential evidence: valid however often it is checked. */
export interface AlwaysValidComparison {
  /**
   * `too_few`: fewer than 100 devices of a group have a value, or fewer than 40 converted or did
   * not convert; the normal approximation does not hold yet.
   */
  readonly status: "ok" | "too_few" | NoNumber;
  /**
   * `exact`: from counts of devices. `asymptotic`: from the difference of two means or rates.
   * `joined`: from both.
   */
  readonly kind: "exact" | "asymptotic" | "joined";
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** Holm for comparisons of the primary goal, Benjamini–Hochberg for those of all others. */
  readonly adjustedP: number | null;
  /** Each excludes 0 exactly when `pValue` is below alpha; null while there is none. */
  readonly liftInterval: Bounds | null;
  readonly differenceInterval: Bounds | null;
  /** At the level at which `adjustedP` decides. */
  readonly adjustedLiftInterval: Bounds | null;
  readonly adjustedDifferenceInterval: Bounds | null;
}

/** A comparison by the single test of a plan. */
export type SingleLook = Omit<
  Comparison,
  "group" | "control" | "adjustedP" | "adjustedDifferenceInterval" | "adjustedLiftInterval" | "alwaysValid"
>;

/** A comparison by sequential evidence. */
export type Evidence = Omit<AlwaysValidComparison, "adjustedP" | "adjustedDifferenceInterval" | "adjustedLiftInterval">;

/**
 * Results of the single look and of sequential looks. Intervals cover with probability 1 − alpha;
 * p-values do not depend on alpha.
 */
export interface Looks {
  /** The observed effect; null if nothing may be estimated. */
  readonly estimate: { readonly difference: number | null; readonly lift: number | null };
  readonly single: (alpha: number) => SingleLook;
  readonly live: (alpha: number) => Evidence;
}
