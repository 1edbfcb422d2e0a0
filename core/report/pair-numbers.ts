import type { Bounds } from "./bounds.ts";
import { excludesZero } from "./bounds.ts";
import type { AlwaysValidComparison, Comparison, NoNumber } from "./comparison.ts";

/**
 * The deciding numbers of a comparison: of the planned look or of sequential evidence, adjusted for
 * the number of comparisons.
 */
export interface Deciding {
  readonly basis: "fixed_horizon" | "always_valid";
  readonly status: "ok" | "too_few" | NoNumber;
  /** The adjusted p-value. */
  readonly pValue: number | null;
  /** Whether the adjustment changed it. */
  readonly isAdjusted: boolean;
  readonly liftInterval: Bounds | null;
  readonly differenceInterval: Bounds | null;
}

export function decidingOf(comparison: Comparison, isFixed: boolean): Deciding {
  const look: Comparison | AlwaysValidComparison | null = isFixed ? comparison : comparison.alwaysValid;
  return {
    basis: isFixed ? "fixed_horizon" : "always_valid",
    status: look?.status ?? comparison.status,
    pValue: look?.adjustedP ?? null,
    isAdjusted: look !== null && look.adjustedP !== look.pValue,
    liftInterval: look?.adjustedLiftInterval ?? null,
    differenceInterval: look?.adjustedDifferenceInterval ?? null,
  };
}

/** 1 if the group is significantly above the control, −1 if below, 0 if neither. */
export function sideOf(comparison: Comparison, isFixed: boolean, alpha: number): -1 | 0 | 1 {
  const { pValue, differenceInterval, liftInterval } = decidingOf(comparison, isFixed);
  if (pValue === null || pValue >= alpha) return 0;
  const interval = [differenceInterval, liftInterval].find((bounds) => bounds !== null && excludesZero(bounds));
  if (interval) return (interval[0] ?? -1) > 0 ? 1 : -1;
  return isFixed ? (Math.sign(comparison.difference ?? 0) as -1 | 0 | 1) : 0;
}
