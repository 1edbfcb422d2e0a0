import { isSplit } from "../../../core/group.ts";
import type { Problem } from "../../../core/parse.ts";
import { plannedOf } from "../../../core/plan.ts";
import { PLANNED_POWER } from "../../../core/planned-devices.ts";
import { percent } from "../ui/format.ts";
import { effectiveShares } from "./effective-shares.ts";
import type { ExperimentForm } from "./fields.ts";
import { readPlan } from "./plan-fields.ts";

/** Visitors that must take part before the plan's single test. */
export function PlannedDevices({ form }: { form: ExperimentForm }) {
  const groups = form.groups.map(({ name, weight }) => ({ name, weight: readWeight(weight) }));
  const problems: Problem[] = [];
  const plan = readPlan(form, groups, null, (problem) => problems.push(problem));
  const [problem] = problems;
  if (problem) return <p class="error">{problemWords(problem)}</p>;
  if (plan === null) {
    const isEmpty = Object.values(form.plan).every((text) => text.trim() === "");
    return isEmpty ? (
      <p class="hint">
        Without a plan the sequential test decides, which is valid however often you check but takes longer. With 10 and
        20, a change from 10% to 12% is detected.
      </p>
    ) : (
      <p class="error">The weights are no split yet.</p>
    );
  }
  if (!Number.isSafeInteger(plan.devices)) return <p class="error">The number of visitors has to be a whole number.</p>;
  if (!isSplit(groups)) return <p class="error">The weights are no split yet.</p>;
  const { traffic } = effectiveShares(form);
  const comparisons = groups.filter(({ weight }, place) => place !== form.control && weight > 0).length;
  const alpha = plan.alpha / Math.max(1, comparisons);
  const isFound = plan.baseline !== null && plan.lift !== null && form.plan.devices.trim() === "";
  return (
    <>
      <p>
        <strong>{devices(plan.devices)} visitors</strong> have to take part
        {traffic !== null && traffic < 1 && `, of ${devices(Math.ceil(plan.devices / traffic))} who come`}:{" "}
        {plannedOf(plan, groups)
          .map(({ name, devices: own }) => `${name} ${devices(own)}`)
          .join(", ")}
        .
      </p>
      <p class="hint">
        {isFound &&
          `Then a change that large is found with a chance of ${percent(plan.power ?? PLANNED_POWER)}, at a level of ${percent(alpha)}${
            comparisons > 1 ? ` for each comparison with the control (${percent(plan.alpha)} in all)` : ""
          }. `}
        The result is decided when they are there, once. While the experiment is active its plan cannot be changed.
      </p>
    </>
  );
}

function problemWords({ field }: Problem): string {
  if (field === "plan.lift")
    return "The change has to be a number other than 0, with which the rate stays from 0 to 100%.";
  return field === "plan.baseline"
    ? "The rate now has to be above 0 and below 100%."
    : "The control and another group need devices.";
}

function readWeight(text: string): number {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

const devices = (number: number) => number.toLocaleString("en");
