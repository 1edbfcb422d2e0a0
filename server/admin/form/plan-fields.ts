import type { Definition, State } from "../../../core/experiment.ts";
import type { Problem } from "../../../core/parse.ts";
import type { Plan } from "../../../core/plan.ts";
import { PLANNED_ALPHA, PLANNED_POWER, plannedDevices } from "../../../core/planned-devices.ts";
import type { ExperimentForm, PlanFields } from "./fields.ts";

type Planned = Pick<Definition, "plan" | "groups" | "control">;

/** A plan as its form begins: the number of devices only where it is not what the rate and the change need. */
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
 * The plan that a form says; null for none, and where it cannot be said.
 *
 * @param groups as they are entered
 * @param before what the experiment is now. While it is active, a plan that nobody touched stays, whatever the weights become.
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
  // What is written in percent may have lost its last digit.
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
  // Weights that are none are said to be by themselves.
  if (devices === null && weighted.every(({ weight }) => weight >= 0)) {
    reject({ field: "groups", value: baselineText, allowed: SPLIT_ALLOWED });
  }
  return devices === null ? null : { ...known, devices };
}

/** Null where it cannot be said: no rate or change, or a split that gives nobody the control or any other group. */
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

/** Null for no text, NaN for none that is a number. */
function readPercent(text: string): number | null {
  const number = text.replace(/\s*%$/, "");
  if (number === "") return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(number) ? Number(number) / 100 : Number.NaN;
}
