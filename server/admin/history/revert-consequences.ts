import type { Experiment } from "../../../core/experiment.ts";

/**
 * Consequences of a revert for visitors and counts, in sentences. `before` is null when the
 * experiment was removed.
 */
export function revertConsequences(before: Experiment | null, after: Experiment): string[] {
  if (before === null) {
    return [`The experiment comes back stopped: everyone sees ${after.fallback}, and nothing is counted.`];
  }
  if (after.state === "rollout") {
    return before.state === "rollout" && before.rolloutGroup === after.rolloutGroup
      ? [`It stays rolled out: everyone gets ${after.rolloutGroup}.`]
      : [`From now on everyone gets ${after.rolloutGroup}, and nothing is counted.`];
  }
  if (after.state === "inactive") {
    return before.state === "inactive"
      ? ["It stays stopped: visitors notice nothing until it is started."]
      : [`It is stopped: everyone sees ${after.fallback}, and nothing is counted.`];
  }
  if (before.state !== "active")
    return ["Visitors are split from now on, and a new period begins: counts start from 0."];
  if (before.epoch === after.epoch)
    return ["It goes on. Visitors get the change with their next page; the count goes on."];
  return [
    "It goes on with another split, and a new period begins: counts start from 0. What was counted stays.",
    after.sticky
      ? "Visitors who take part keep their group; only new ones follow the new split."
      : "Visitors who take part may get another group.",
  ];
}
