import type { Goal } from "../goal.ts";
import { MILLIONTHS } from "../millionths.ts";
import { plannedOf } from "../plan.ts";
import type { CovariateSums, GoalTally, RatioSums } from "../tally.ts";
import type { Looks, NoNumber } from "./comparison.ts";
import type { ReportContext } from "./context.ts";
import { covariateArms, type PairSums, ratioArms, totalArms } from "./mean-arms.ts";
import { meanLooks } from "./mean-looks.ts";
import { noLooks } from "./no-looks.ts";
import { rateLooks, type Tuning } from "./rate-looks.ts";

/**
 * Devices that sequential evidence is tuned to without a plan. Arbitrary: it only costs some width
 * elsewhere.
 */
const UNPLANNED_DEVICES = 5_000;

/**
 * Compares a group with the control on one goal.
 *
 * @param blocked why nothing may be estimated; null if estimates are allowed
 */
export function looksAt(
  goal: Goal,
  control: string,
  ofControl: GoalTally,
  group: string,
  ofGroup: GoalTally,
  context: ReportContext,
  blocked: NoNumber | null,
): Looks {
  if (blocked) return noLooks(blocked);
  const tuning = tuningOf(control, group, context);
  const share = 1 / comparisonsLike(goal, context);
  const cuped = goal.cuped == null ? null : pairsOf(ofControl, ofGroup, covariatePairs(goal.kind));
  if (goal.kind === "binary") {
    if (cuped) {
      const plain = totalArms(ofConversions(ofControl), ofConversions(ofGroup), 1);
      const arms = covariateArms(plain, ...cuped, 1);
      if (arms.method === "cuped") return meanLooks(arms, share, tuning);
    }
    return rateLooks(conversionsOf(ofControl), conversionsOf(ofGroup), weightsOf(control, group, context), tuning);
  }
  const unit = unitOf(goal);
  if (goal.kind === "ratio") {
    const pairs = pairsOf(ofControl, ofGroup, ({ ratio }) => ratio && ratioPairs(ratio));
    return pairs ? meanLooks(ratioArms(...pairs, unit), share, tuning) : noLooks("no_data");
  }
  const [a, b] = goal.kind === "count" ? [ofControl.counts, ofGroup.counts] : [ofControl.values, ofGroup.values];
  const plain = totalArms(a, b, unit);
  return meanLooks(cuped ? covariateArms(plain, ...cuped, unit) : plain, share, tuning);
}

/** Units of a goal's sums per unit of its results. */
export function unitOf({ kind, ratio }: Goal): number {
  return kind === "value" || (kind === "ratio" && ratio?.of === "value") ? MILLIONTHS : 1;
}

function conversionsOf({ counts, devices }: GoalTally) {
  return { n: counts.n, conversions: devices };
}

/** Counts a conversion as a total of 1. */
function ofConversions({ counts: { n }, devices }: GoalTally) {
  const sum = BigInt(devices);
  const skewness = devices === 0 || devices === n ? null : (n - 2 * devices) / Math.sqrt(devices * (n - devices));
  return { n, sum, sumSquares: sum, skewness, sample: Math.min(devices, n - devices) < 100 ? [] : null };
}

/**
 * Weights predict the ratio of conversions only where they are known and all visitors are split by
 * the same ones; null otherwise.
 */
function weightsOf(control: string, group: string, { experiment }: ReportContext): [number, number] | null {
  if (experiment.allocations.length > 0 || experiment.weightsAssumed) return null;
  const weightOf = (name: string) => experiment.groups.find((other) => other.name === name)?.weight ?? 0;
  return [weightOf(control), weightOf(group)];
}

/** Tunes to half the planned devices: at the full number the plan's own test decides. */
function tuningOf(control: string, group: string, { alpha, plan, experiment }: ReportContext): Tuning {
  if (!plan) return { alpha, devices: UNPLANNED_DEVICES };
  const planned = plannedOf(plan, experiment.groups)
    .filter(({ name }) => name === control || name === group)
    .reduce((sum, { devices }) => sum + devices, 0);
  return { alpha, devices: Math.max(1, Math.ceil(planned / 2)) };
}

function pairsOf(
  a: GoalTally,
  b: GoalTally,
  of: (tally: GoalTally) => PairSums | null | undefined,
): [PairSums, PairSums] | null {
  const [ofA, ofB] = [of(a), of(b)];
  return ofA && ofB ? [ofA, ofB] : null;
}

function ratioPairs(sums: RatioSums): PairSums {
  const { n, numerator, denominator, numeratorSquares, denominatorSquares, product, skewness = null } = sums;
  return {
    n,
    x: denominator,
    xSquares: denominatorSquares,
    y: numerator,
    ySquares: numeratorSquares,
    product,
    skewness,
  };
}

function covariatePairs(kind: Goal["kind"]): (tally: GoalTally) => PairSums | null | undefined {
  return (tally) => {
    const y = kind === "binary" ? ofConversions(tally) : kind === "count" ? tally.counts : tally.values;
    return tally.cuped && covariatePair(tally.cuped, y);
  };
}

function covariatePair(
  { n, sum, sumSquares, product }: CovariateSums,
  y: { readonly sum: bigint; readonly sumSquares: bigint },
): PairSums {
  return { n, x: sum, xSquares: sumSquares, y: y.sum, ySquares: y.sumSquares, product };
}

/**
 * Comparisons that share the time for random permutations: the primary goal's groups, or those of
 * all other goals.
 */
function comparisonsLike(goal: Goal, { experiment: { goals, groups } }: ReportContext): number {
  return Math.max(1, groups.length - 1) * (goal === goals[0] ? 1 : goals.length - 1);
}
