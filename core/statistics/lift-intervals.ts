import { agreeing } from "./agreeing.ts";

export interface Estimate {
  readonly value: number;
  readonly standardError: number;
}

/**
 * Standard errors above this multiple of the control's value have squares out of range; already 1
 * leaves no finite interval.
 */
const MAX_ERROR = 1e150;

export interface LiftIntervals {
  /** B / A − 1; null where A is 0. With a negative A its sign is that of (B − A) / A. */
  readonly lift: number | null;
  readonly liftDelta: readonly [lower: number, upper: number] | null;
  /** On the log scale; null unless A and B have the same sign. */
  readonly liftLog: readonly [lower: number, upper: number] | null;
  /**
   * The square of critical value × standard error / A: how close A is to 0. From 1 on there is no
   * finite interval.
   */
  readonly fiellerG: number | null;
  /** The interval to show: it excludes 0 exactly when the test of A = B rejects. */
  readonly liftFieller: readonly [lower: number, upper: number] | null;
  readonly liftStatus: "ok" | "baseline_zero" | "baseline_not_separated_from_zero" | "insufficient_data";
}

export const NO_LIFT: LiftIntervals = {
  lift: null,
  liftDelta: null,
  liftLog: null,
  fiellerG: null,
  liftFieller: null,
  liftStatus: "insufficient_data",
};

/**
 * Three intervals of the lift of two independent estimates.
 *
 * Source: E. C. Fieller 1954; the delta method on the ratio and on its logarithm (Deng, Knoblich &
 * Lu 2018).
 *
 * @param a of the control
 * @param difference B − A, if known more precisely than from the two values
 * @param critical value of the test, of the normal distribution or of Student's t
 * @param rejects whether the test of A = B rejects; Fieller's interval contains 0 exactly when it
 * does not
 */
export function liftIntervals(
  a: Estimate,
  b: Estimate,
  difference: number,
  critical: number,
  rejects: boolean,
): LiftIntervals {
  if (a.value === 0) return { ...NO_LIFT, liftStatus: "baseline_zero" };
  const lift = difference / a.value;
  const ratio = 1 + lift;
  const [errorA, errorB] = [a.standardError / Math.abs(a.value), b.standardError / Math.abs(a.value)];
  if (!(Math.abs(lift) < MAX_ERROR && errorA < MAX_ERROR && errorB < MAX_ERROR)) {
    return { ...NO_LIFT, liftStatus: "baseline_not_separated_from_zero" };
  }
  const reach = critical * Math.hypot(errorB, ratio * errorA);
  const reachOfLog = ratio > 0 ? critical * Math.hypot(errorB / ratio, errorA) : null;
  const fiellerG = (critical * errorA) ** 2;
  const isSeparated = fiellerG < 1;
  return {
    lift,
    liftDelta: [lift - reach, lift + reach],
    // (1 + lift) exp(±reach) − 1, without subtracting 1 from a number near 1.
    liftLog:
      reachOfLog === null ? null : [lift + ratio * Math.expm1(-reachOfLog), lift + ratio * Math.expm1(reachOfLog)],
    fiellerG,
    liftFieller: isSeparated ? fieller(lift, critical, errorA, errorB, rejects) : null,
    liftStatus: isSeparated ? "ok" : "baseline_not_separated_from_zero",
  };
}

/** The lifts θ with (B − (1 + θ) A)² at most critical² × its variance: the roots of a quadratic. */
function fieller(
  lift: number,
  critical: number,
  errorA: number,
  errorB: number,
  rejects: boolean,
): readonly [lower: number, upper: number] {
  const g = (critical * errorA) ** 2;
  const reach = critical * Math.sqrt(errorB ** 2 * (1 - g) + ((1 + lift) * errorA) ** 2);
  return agreeing([(lift + g - reach) / (1 - g), (lift + g + reach) / (1 - g)], lift, rejects);
}
