import { agreeing } from "../statistics/agreeing.ts";
import { liftIntervals } from "../statistics/lift-intervals.ts";
import { type Bounds, boundsOf, finite } from "./bounds.ts";
import type { Comparison } from "./comparison.ts";

export interface MeanArm {
  readonly n: number;
  readonly mean: number;
  /** With n − 1; null for fewer than two devices. */
  readonly variance: number | null;
}

/**
 * (B − A) / |A| with Fieller's interval; the absolute value makes an increase over a negative
 * control a positive lift.
 *
 * @param critical values of the test statistic: the test rejects at or beyond them
 * @param rejects whether the test rejects; the interval excludes 0 exactly then
 */
export function relativeLift(
  a: MeanArm,
  b: MeanArm,
  difference: number,
  [low, high]: readonly [low: number, high: number],
  rejects: boolean,
): Pick<Comparison, "lift" | "liftInterval" | "liftStatus"> {
  if (a.mean === 0) return { lift: null, liftInterval: null, liftStatus: "baseline_zero" };
  const errorOf = ({ n, variance }: MeanArm) => Math.sqrt((variance ?? 0) / n);
  const by = (critical: number) =>
    liftIntervals(
      { value: a.mean, standardError: errorOf(a) },
      { value: b.mean, standardError: errorOf(b) },
      difference,
      critical,
      rejects,
    ).liftFieller;
  // The high critical value of the statistic gives the lower end of B − A.
  const [ofHigh, ofLow] = [by(Math.max(high, 0)), by(Math.max(-low, 0))];
  const isNegative = a.mean < 0;
  const ends: readonly [number, number] | null =
    ofHigh === null || ofLow === null ? null : isNegative ? [-ofHigh[1], -ofLow[0]] : [ofHigh[0], ofLow[1]];
  const liftInterval: Bounds | null = boundsOf(ends && agreeing(ends, difference, rejects));
  return {
    lift: finite(difference / Math.abs(a.mean)),
    liftInterval,
    liftStatus: ends === null ? "baseline_near_zero" : isNegative ? "baseline_negative" : "ok",
  };
}
