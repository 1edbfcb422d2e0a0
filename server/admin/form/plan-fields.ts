import type { Definition, State } from "../../../core/experiment.ts";
import type { Problem } from "../../../core/parse.ts";
import type { Plan } from "../../../core/plan.ts";
import { PLANNED_ALPHA, PLANNED_POWER, plannedDevices } from "../../../core/planned-devices.ts";
import { isNumberText, withoutPercent } from "../ui/number-text.ts";
import type { ExperimentForm, PlanFields } from "./fields.ts";

type Planned = Pick<Definition, "plan" | "groups" | "control">;

/**
 * Initial values of a plan's fields: the number of devices only when it differs from the calculated
 * one.
 */
export function planFieldsOf({ plan, groups, control }: Planned): PlanFields {
  if (plan === null) return { baseline: "", lift: "", devices: "" };
  const { baseline, lift, devices } = plan;
  return {
    baseline: percentText(baseline),
    lift: percentText(lift),
    devices: devices === neededDevices(plan, groups, control) ? "" : String(devices),
  };
}

const RATE_ALLOWED = "a rate above 0 and below 100 percent";
const LIFT_ALLOWED = "a number other than 0, in percent, with which the rate is from 0 to 100 percent";
const SPLIT_ALLOWED = "groups of which the control and another get devices";

/**
 * The entered plan; null for none, and when it cannot be expressed.
 *
 * @param groups as entered
 * @param before the experiment's current state. While it is active, an unedited plan stays,
 * regardless of new weights.
 */
export function readPlan(
  form: Pick<ExperimentForm, "plan" | "control">,
  groups: readonly { readonly name: string; readonly weight?: unknown }[],
  before: (Planned & { readonly state?: State }) | null,
  reject: (problem: Problem) => void,
): Plan | null {
  const [baselineText, liftText, devicesText] = [form.plan.baseline, form.plan.lift, form.plan.devices].map((text) =>
    text.trim(),
  ) as [string, string, string];
  const old = before?.plan ?? null;
  const seen = before && planFieldsOf(before);
  const isUntouched =
    seen !== null && seen.baseline === baselineText && seen.lift === liftText && seen.devices === devicesText;
  if (isUntouched && (before?.state === "active" || devicesText !== "")) return old;
  if (baselineText === "" && liftText === "" && devicesText === "") return null;
  // Formatting as a percentage may have lost the last digit.
  const baseline = seen && old && seen.baseline === baselineText ? old.baseline : readPercent(baselineText);
  const lift = seen && old && seen.lift === liftText ? old.lift : readPercent(liftText);
  const known = {
    alpha: old?.alpha ?? PLANNED_ALPHA,
    power: isUntouched && old ? old.power : (old?.power ?? PLANNED_POWER),
    baseline,
    lift,
  };
  const isChosen = devicesText !== "";
  if ((baseline === null && !isChosen) || (baseline !== null && !(baseline > 0 && baseline < 1))) {
    reject({ field: "plan.baseline", value: baselineText, allowed: RATE_ALLOWED });
    return null;
  }
  if ((lift === null && !isChosen) || (lift !== null && !(Math.abs(lift) > 0))) {
    reject({ field: "plan.lift", value: liftText, allowed: LIFT_ALLOWED });
    return null;
  }
  if (isChosen) {
    const devices = /^\d{1,13}$/.test(devicesText) ? Number(devicesText) : devicesText;
    return { ...known, power: lift === null ? (old?.power ?? null) : known.power, devices: devices as number };
  }
  if ((baseline ?? 0) * (1 + (lift ?? 0)) > 1 || (lift ?? 0) < -1) {
    reject({ field: "plan.lift", value: liftText, allowed: LIFT_ALLOWED });
    return null;
  }
  const weighted = groups.map(({ name, weight }) => ({
    name,
    weight: typeof weight === "number" ? weight : Number.NaN,
  }));
  const devices = neededDevices(known, weighted, groups[form.control]?.name ?? "");
  // Invalid weights are reported separately.
  if (devices === null && weighted.every(({ weight }) => weight >= 0)) {
    reject({ field: "groups", value: baselineText, allowed: SPLIT_ALLOWED });
  }
  return devices === null ? null : { ...known, devices };
}

/**
 * Null when it cannot be calculated: no rate or effect, or no weight for the control or all other
 * groups.
 */
function neededDevices(
  { baseline, lift, alpha, power }: Omit<Plan, "devices">,
  groups: readonly { readonly name: string; readonly weight: number }[],
  control: string,
): number | null {
  if (baseline === null || lift === null || groups.some(({ weight }) => !(weight >= 0))) return null;
  try {
    const effect = { baseline, lift, groups, control, alpha, power: power ?? PLANNED_POWER };
    return plannedDevices(effect).total;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function percentText(share: number | null): string {
  return share === null ? "" : String(Number((100 * share).toPrecision(15)));
}

/** Null for an empty text, NaN for an invalid one. */
function readPercent(text: string): number | null {
  const number = withoutPercent(text);
  if (number === "") return null;
  return isNumberText(number) ? Number(number) / 100 : Number.NaN;
}
