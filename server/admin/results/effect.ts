import type { Bounds } from "../../../core/report/bounds.ts";
import type { Comparison } from "../../../core/report/comparison.ts";
import type { GoalReport } from "../../../core/report/goal-report.ts";
import { changeWords, pointWords, signed } from "../../../core/report/number-words.ts";

/** How large a group's effect is, as it is shown first: what holds at any look, until the planned number is reached. */
export interface Effect {
  readonly estimate: number | null;
  readonly bounds: Bounds | null;
  readonly pValue: number | null;
  readonly log10P: number | null;
  readonly adjustedP: number | null;
  readonly isLive: boolean;
}

/** What effects of a goal are measured in. */
export type EffectUnit = "lift" | "difference";

/** The lift, unless no group has an interval of it. */
export function effectUnit({ comparisons }: Pick<GoalReport, "comparisons">): EffectUnit {
  const hasBounds = (unit: EffectUnit) => comparisons.some((comparison) => effectOf(comparison, unit).bounds !== null);
  return hasBounds("lift") || !hasBounds("difference") ? "lift" : "difference";
}

export function effectOf(comparison: Comparison, unit: EffectUnit): Effect {
  const { alwaysValid: live } = comparison;
  const shown = live ?? comparison;
  return {
    estimate: unit === "lift" ? comparison.lift : comparison.difference,
    bounds: unit === "lift" ? shown.liftInterval : shown.differenceInterval,
    pValue: shown.pValue,
    log10P: shown.log10P,
    adjustedP: shown.adjustedP,
    isLive: live !== null,
  };
}

/** “+6.1 %”, “+2.3 percentage points”, “+0.4”. */
export function effectWords(effect: number, unit: EffectUnit, kind: GoalReport["kind"]): string {
  if (unit === "lift") return changeWords(effect);
  return kind === "binary" ? pointWords(effect) : signed(effect);
}

/** “−11 % to +16 %”; null where neither end is known. */
export function boundsWords(bounds: Bounds | null, words: (end: number) => string): string | null {
  if (bounds === null) return null;
  const [lower, upper] = bounds;
  if (lower === null) return upper === null ? null : `at most ${words(upper)}`;
  return upper === null ? `at least ${words(lower)}` : `${words(lower)} to ${words(upper)}`;
}
