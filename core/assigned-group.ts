import type { Experiment } from "./experiment.ts";
import { groupValue } from "./group.ts";
import type { AssignedGroup } from "./http-contract.ts";
import { isCounted } from "./reason.ts";

/** The public description of a unit's group in an experiment. */
export function assignedGroup(
  experiment: Experiment,
  group: string,
  reason: AssignedGroup["reason"],
  epoch: number,
): AssignedGroup {
  const chosen = experiment.groups.find(({ name }) => name === group);
  return {
    active: experiment.state !== "inactive",
    state: experiment.state,
    group,
    fallback: experiment.fallback,
    epoch,
    value: isCounted(reason) || reason === "rollout" || reason === "forced" ? groupValue(experiment, group) : -1,
    payload: chosen?.payload ?? null,
    html: chosen?.html ?? null,
    reason,
    ...(dependsOnRequest(experiment) ? { perPath: true } : {}),
    // The tag recognises a preview, which it does not keep, by its reason.
    ...(experiment.unit === "account" && reason !== "forced" ? { kept: false } : {}),
  };
}

/**
 * Whether a unit may get another group on another page, so that the answer holds for this page
 * only.
 */
function dependsOnRequest({ routes, rule, allocations, dependsOn }: Experiment): boolean {
  return routes.length > 0 || rule !== null || allocations.length > 0 || dependsOn !== null;
}
