import type { Goal } from "../goal.ts";
import { MILLIONTHS } from "../millionths.ts";
import { plannedOf } from "../plan.ts";
import type { GoalTally } from "../tally.ts";
import { alwaysValidMeans, alwaysValidRates, asTotals } from "./always-valid-comparison.ts";
import { compareMeans } from "./compare-means.ts";
import { compareRates } from "./compare-rates.ts";
import type { Comparison } from "./comparison.ts";
import type { ReportContext } from "./context.ts";

/** A group against the control on one goal, not yet adjusted for how many comparisons there are. */
export function compare(
  kind: Goal["kind"],
  control: string,
  ofControl: GoalTally,
  group: string,
  ofGroup: GoalTally,
  context: ReportContext,
): Comparison {
  const { alpha, isFixed, plan, experiment } = context;
  const weightOf = (name: string) => experiment.groups.find((other) => other.name === name)?.weight ?? 0;
  const isPlanned = ({ name }: { name: string }) => name === control || name === group;
  const planned =
    plan &&
    plannedOf(plan, experiment.groups)
      .filter(isPlanned)
      .reduce((sum, { devices }) => sum + devices, 0);
  const names = { group, control, adjustedP: null };
  if (kind === "binary") {
    const [a, b] = [ofControl, ofGroup].map(({ counts, devices }) => ({ n: counts.n, conversions: devices })) as [
      { n: number; conversions: number },
      { n: number; conversions: number },
    ];
    // Weights say in what ratio conversions come only where all visitors are split by the same ones.
    const live = () =>
      experiment.allocations.length === 0
        ? alwaysValidRates(a, b, [weightOf(control), weightOf(group)], alpha)
        : alwaysValidMeans(asTotals(a), asTotals(b), 1, alpha, planned);
    return { ...names, ...compareRates(a, b, alpha), alwaysValid: isFixed ? null : { ...live(), adjustedP: null } };
  }
  const unit = kind === "count" ? 1 : MILLIONTHS;
  const [a, b] = kind === "count" ? [ofControl.counts, ofGroup.counts] : [ofControl.values, ofGroup.values];
  return {
    ...names,
    ...compareMeans(a, b, unit, alpha, 1 / comparisonsLike(ofGroup.event, context)),
    alwaysValid: isFixed ? null : { ...alwaysValidMeans(a, b, unit, alpha, planned), adjustedP: null },
  };
}

/** How many share the time for random permutations: the primary goal's groups, or all others'. */
function comparisonsLike(event: string, { experiment: { goals, groups } }: ReportContext): number {
  const isPrimary = goals[0]?.event === event;
  return Math.max(1, groups.length - 1) * (isPrimary ? 1 : goals.length - 1);
}
