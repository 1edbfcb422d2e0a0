import { PLANNED_POWER, type PlannedDevices as Planned, plannedDevices } from "../../core/planned-devices.ts";
import type { ExperimentForm } from "../forms/experiment-form.ts";
import { effectiveShares } from "./effective-shares.ts";
import { percent } from "./percent.ts";

/** How many devices have to take part before a planned effect can be expected to show. Only computed, not kept. */
export function PlannedDevices({ form }: { form: ExperimentForm }) {
  const { baseline, lift } = form.plan;
  if (baseline.trim() === "" && lift.trim() === "") {
    return (
      <p class="hint">Only for you to plan with; it is not kept. With 10 and 20, a change from 10% to 12% is found.</p>
    );
  }
  const planned = planOf(form);
  if (typeof planned === "string") return <p class="error">{planned}</p>;
  const { traffic } = effectiveShares(form);
  return (
    <>
      <p>
        <strong>{devices(planned.total)} devices</strong> have to take part
        {traffic !== null && traffic < 1 && `, of ${devices(Math.ceil(planned.total / traffic))} who come`}:{" "}
        {planned.groups.map(({ name, devices: own }) => `${name} ${devices(own)}`).join(", ")}.
      </p>
      <p class="hint">
        Then a change that large is found with a chance of {percent(PLANNED_POWER)}, at a level of{" "}
        {percent(planned.alpha)}
        {planned.alpha < 0.05 && " for each comparison with the control (5% in all)"}. Wait for them before you decide.
      </p>
    </>
  );
}

function planOf({ groups, control, plan }: ExperimentForm): Planned | string {
  const [baseline, lift] = [plan.baseline, plan.lift].map((text) =>
    text.trim() === "" ? Number.NaN : Number(text.replace(/%\s*$/, "")) / 100,
  ) as [number, number];
  if (!(baseline > 0 && baseline < 1)) return "The rate now has to be above 0 and below 100%.";
  if (!(Math.abs(lift) > 0) || !Number.isFinite(lift)) return "The change has to be a number other than 0.";
  const weighted = groups.map(({ name, weight }) => ({
    name,
    weight: /^\d{1,15}$/.test(weight.trim()) ? Number(weight) : Number.NaN,
  }));
  if (weighted.some(({ weight }) => Number.isNaN(weight))) return "The weights are no split yet.";
  try {
    return plannedDevices({ baseline, lift, groups: weighted, control: groups[control]?.name ?? "" });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return baseline * (1 + lift) > 1 || baseline * (1 + lift) < 0
      ? "With that change the rate would not be from 0 to 100% any more."
      : "The control and another group need devices.";
  }
}

const devices = (number: number) => number.toLocaleString("en");
