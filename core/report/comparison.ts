import type { Bounds } from "./bounds.ts";

/** A group against the control, on one goal. Differences are group − control, lifts group / control − 1. */
export interface Comparison {
  readonly group: string;
  readonly control: string;
  /**
   * Of the test that is shown. `ok`, or why there is no number: `no_data`: a group without devices. `insufficient_data`: a
   * group with fewer than two. `zero_variance`: groups that differ, but in neither do devices; nothing to measure with.
   * `no_variance`: all devices did the same; p is exactly 1.
   */
  readonly status: "ok" | "no_data" | "insufficient_data" | "no_variance" | "zero_variance";
  /** In rates (0 to 1) for binary goals, else in events or value per device. */
  readonly difference: number | null;
  /** Excludes 0 exactly when `pValue` is below the report's alpha; so does `liftInterval`, where there is one. */
  readonly differenceInterval: Bounds | null;
  readonly lift: number | null;
  readonly liftInterval: Bounds | null;
  /** `baseline_zero`: the control has nothing to be compared with. `baseline_near_zero`: it may as well be 0. */
  readonly liftStatus: "ok" | "baseline_zero" | "baseline_near_zero" | "no_data";
  /**
   * What `pValue` comes from: `z` (pooled, two proportions), `welch` (t test), or `permutation` where those do not hold:
   * an expected count below 5, or a group with fewer than 100 devices whose value is not 0 (and none with 1,000 or more).
   */
  readonly test: "z" | "welch" | "permutation" | null;
  /** Two-sided, for a single look that was planned; 0 only where it underflows, then `log10P` says it. */
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** For random permutations: how many, and where the exact p-value lies, 99 times in 100. */
  readonly permutations: { readonly drawn: number; readonly p99: readonly [number, number] } | null;
  /** pValue among its family: see `GoalReport.adjustment`. */
  readonly adjustedP: number | null;
  /** What holds at any look; null once the planned number of devices was reached. */
  readonly alwaysValid: AlwaysValidComparison | null;
  /**
   * Binary goals: the chance that the group's rate is the higher one, when any rate was as likely as any other before. It
   * does not protect against peeking, and is not 1 − p. Null for other goals.
   */
  readonly chanceToBeatControl: number | null;
}

/** The comparison by evidence that stays valid however often one looks. */
export interface AlwaysValidComparison {
  /** `too_few`: the approximation for means does not hold before 100 devices of each group have a value. */
  readonly status: "ok" | "no_data" | "too_few" | "no_variance";
  /** `exact`: counts of first conversions. `asymptotic`: the difference of two means. */
  readonly kind: "exact" | "asymptotic";
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** Holm over the comparisons of the primary goal, Benjamini–Hochberg over those of the others. */
  readonly adjustedP: number | null;
  /** Each excludes 0 when `pValue` is below alpha. The lift for `exact`, the difference for `asymptotic`; else null. */
  readonly liftInterval: Bounds | null;
  readonly differenceInterval: Bounds | null;
}
