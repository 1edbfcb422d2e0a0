import type { Bounds } from "../../../core/report/bounds.ts";
import type { Comparison } from "../../../core/report/comparison.ts";
import type { GoalReport } from "../../../core/report/goal-report.ts";
import { amountWords, changeWords, pointWords, signed } from "../../../core/report/number-words.ts";
import { decidingOf } from "../../../core/report/pair-numbers.ts";

/** A group's effect by the deciding test: sequential until the planned number is reached. */
export interface Effect {
  readonly estimate: number | null;
  readonly bounds: Bounds | null;
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** Whether p and bounds are adjusted for the number of comparisons. */
  readonly isAdjusted: boolean;
  readonly isLive: boolean;
}

/** The properties of a goal that determine the words of its effects. */
export type EffectGoal = Pick<GoalReport, "kind" | "currency">;

/** Unit of a goal's effects. */
export type EffectUnit = "lift" | "difference";

/**
 * The lift, except where it is misleading (control at or below 0), or no group has an interval of
 * it.
 */
export function effectUnit({ comparisons }: Pick<GoalReport, "comparisons">): EffectUnit {
  if (comparisons.some(({ liftStatus }) => liftStatus === "baseline_negative")) return "difference";
  const hasBounds = (unit: EffectUnit) => comparisons.some((comparison) => effectOf(comparison, unit).bounds !== null);
  return hasBounds("lift") || !hasBounds("difference") ? "lift" : "difference";
}

export function effectOf(comparison: Comparison, unit: EffectUnit): Effect {
  const { alwaysValid: live } = comparison;
  const { pValue, isAdjusted, liftInterval, differenceInterval } = decidingOf(comparison, live === null);
  return {
    estimate: unit === "lift" ? comparison.lift : comparison.difference,
    bounds: unit === "lift" ? liftInterval : differenceInterval,
    pValue,
    log10P: isAdjusted ? null : (live ?? comparison).log10P,
    isAdjusted,
    isLive: live !== null,
  };
}

/** “+6.1%”, “+2.3 percentage points”, “+0.4”, “+0.4 EUR”. */
export function effectWords(effect: number, unit: EffectUnit, { kind, currency }: EffectGoal): string {
  if (unit === "lift") return changeWords(effect);
  return kind === "binary" ? pointWords(effect) : amountWords(signed(effect), currency);
}

/** “−11% to +16%”; null where neither bound is known. */
export function boundsWords(bounds: Bounds | null, words: (end: number) => string): string | null {
  if (bounds === null) return null;
  const [lower, upper] = bounds;
  if (lower === null) return upper === null ? null : `at most ${words(upper)}`;
  return upper === null ? `at least ${words(lower)}` : `${words(lower)} to ${words(upper)}`;
}
