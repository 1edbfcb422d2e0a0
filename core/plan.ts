import * as v from "valibot";
import { matureIn } from "./devices-in.ts";
import { parse } from "./parse.ts";
import { wholeNumber } from "./schemas.ts";
import type { EpochTally } from "./tally.ts";

const RATE_ALLOWED = "a rate above 0 and below 1, or null";
const LIFT_ALLOWED = "a number other than 0 from −1 to 1,000, such as 0.1 for 10% more, or null";
const LEVEL_ALLOWED = "a level from 0.000001 to 0.5, such as 0.05";
const POWER_ALLOWED = "a chance from 0.5 to below 1, such as 0.8, or null";

const between = (low: number, high: number, allowed: string) =>
  v.pipe(v.number(allowed), v.minValue(low, allowed), v.maxValue(high, allowed));

/** Limits other than 0 and 1 are arbitrary: no realistic plan exceeds them. */
export const PlanSchema = v.strictObject(
  {
    devices: wholeNumber("a whole number from 2 to 10^12", 2, 1e12),
    alpha: between(1e-6, 0.5, LEVEL_ALLOWED),
    power: v.nullable(v.pipe(between(0.5, 1, POWER_ALLOWED), v.ltValue(1, POWER_ALLOWED))),
    baseline: v.nullable(v.pipe(v.number(RATE_ALLOWED), v.gtValue(0, RATE_ALLOWED), v.ltValue(1, RATE_ALLOWED))),
    lift: v.nullable(v.pipe(between(-1, 1000, LIFT_ALLOWED), v.notValue(0, LIFT_ALLOWED))),
  },
  "a plan {devices, alpha, power, baseline, lift}, or null",
);

/**
 * Decided before an experiment starts: the number of `devices`, in all groups together, before the
 * one test of the primary goal at level `alpha`. `power`, `baseline` (conversion rate of the
 * control) and `lift` (minimum detectable effect, relative) are the inputs of the sample size
 * calculation; null if it was not calculated.
 */
export type Plan = v.InferOutput<typeof PlanSchema>;

/** Throws InvalidInput naming field, value and what is allowed. */
export function parsePlan(input: unknown): Plan | null {
  return parse(v.strictObject({ plan: v.nullable(PlanSchema) }), { plan: input }).plan;
}

/**
 * Required devices in each group, by its share of the weights, rounded up; none in a group of
 * weight 0. The plan is reached when every group has its number.
 */
export function plannedOf(
  plan: Plan,
  groups: readonly { readonly name: string; readonly weight: number }[],
): { readonly name: string; readonly devices: number }[] {
  const weightTotal = groups.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
  return groups.map(({ name, weight }) => {
    // Use integers: 10^12 × a weight exceeds a double, and rounding up would expose the error.
    const devices = (BigInt(plan.devices) * BigInt(weight) + weightTotal - 1n) / weightTotal;
    return { name, devices: Number(devices) };
  });
}

/**
 * Whether every group has its required number of devices whose window on the primary goal has
 * closed.
 */
export function isReached(
  plan: Plan,
  groups: readonly { readonly name: string; readonly weight: number }[],
  counted: Pick<EpochTally, "groups"> | null,
): boolean {
  return plannedOf(plan, groups).every(({ name, devices }) => matureIn(counted, name) >= devices);
}
