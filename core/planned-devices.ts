import { sampleSizeProportion } from "./statistics/sample-size.ts";

/** Inputs of a sample size calculation. */
export interface PlannedEffect {
  /** Conversion rate of the control, above 0 and below 1. */
  readonly baseline: number;
  /** Minimum detectable effect, relative: 0.1 for 10 % more; not 0. */
  readonly lift: number;
  readonly groups: readonly { readonly name: string; readonly weight: number }[];
  readonly control: string;
  /** Two-sided significance level of all comparisons together; default 0.05. */
  readonly alpha?: number;
  /** Power, the probability to detect that effect; default 0.8. */
  readonly power?: number;
}

export interface PlannedDevices {
  /** Required devices in all groups. */
  readonly total: number;
  /** In the order of the plan; none for a group of weight 0. */
  readonly groups: readonly { readonly name: string; readonly devices: number }[];
  /**
   * Two-sided significance level of each comparison: the overall level divided by their number
   * (Bonferroni).
   */
  readonly alpha: number;
}

export const PLANNED_ALPHA = 0.05;
export const PLANNED_POWER = 0.8;

/**
 * Sample size for which an effect of that size is detected with that power, between the control and
 * each other group. The smallest group decides: all groups grow with it.
 *
 * @throws RangeError if the rate with the lift is not from 0 to 1, or the control or all other
 * groups have weight 0
 */
export function plannedDevices({
  baseline,
  lift,
  groups,
  control,
  alpha: whole = PLANNED_ALPHA,
  power = PLANNED_POWER,
}: PlannedEffect): PlannedDevices {
  if (lift === 0 || !Number.isFinite(lift)) throw new RangeError("lift: allowed is a number other than 0");
  const weightTotal = groups.reduce((sum, { weight }) => sum + weight, 0);
  const own = groups.find(({ name }) => name === control)?.weight ?? 0;
  const others = groups.filter(({ name, weight }) => name !== control && weight > 0);
  if (own === 0 || others.length === 0)
    throw new RangeError("groups: allowed are a control and another that devices get");
  const alpha = whole / others.length;
  const totals = others.map(({ weight }) => {
    const ratio = weight / own;
    const difference = baseline * lift;
    const { nAExact } = sampleSizeProportion({
      kind: "sampleSizeProportion",
      baseline,
      difference,
      alpha,
      power,
      ratio,
    });
    return ((nAExact ?? Number.POSITIVE_INFINITY) * weightTotal) / own;
  });
  const wanted = Math.max(...totals);
  const perGroup = groups.map(({ name, weight }) => ({ name, devices: Math.ceil((wanted * weight) / weightTotal) }));
  return { total: perGroup.reduce((sum, { devices }) => sum + devices, 0), groups: perGroup, alpha };
}
