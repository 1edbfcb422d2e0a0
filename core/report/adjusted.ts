import { adjustPValues } from "../statistics/adjust-p-values.ts";
import type { Comparison } from "./comparison.ts";
import type { GoalReport } from "./goal-report.ts";

/**
 * The goals with their p-values adjusted for how many were looked at: those of the primary goal by Holm, since one of them
 * decides; all others together by Benjamini–Hochberg.
 */
export function adjusted(goals: readonly GoalReport[], alpha: number): GoalReport[] {
  const family = (primary: boolean) => goals.filter((goal) => goal.primary === primary);
  const [primary, others] = [family(true), family(false)].map((some) => some.flatMap(({ comparisons }) => comparisons));
  const changed = new Map<Comparison, Comparison>([
    ...adjustedFamily(primary ?? [], alpha, "holm"),
    ...adjustedFamily(others ?? [], alpha, "bh"),
  ]);
  return goals.map((goal) => ({
    ...goal,
    comparisons: goal.comparisons.map((comparison) => changed.get(comparison) ?? comparison),
  }));
}

function adjustedFamily(
  comparisons: readonly Comparison[],
  alpha: number,
  by: "holm" | "bh",
): [Comparison, Comparison][] {
  const adjust = (pValues: readonly (number | null)[]) => adjustPValues({ pValues, alpha })[by];
  const single = adjust(comparisons.map(({ pValue }) => pValue));
  const live = adjust(comparisons.map(({ alwaysValid }) => alwaysValid?.pValue ?? null));
  return comparisons.map((comparison, place) => {
    const { alwaysValid } = comparison;
    return [
      comparison,
      {
        ...comparison,
        adjustedP: single[place] ?? null,
        alwaysValid: alwaysValid && { ...alwaysValid, adjustedP: live[place] ?? null },
      },
    ];
  });
}
