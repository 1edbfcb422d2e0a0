import { type Sha256Hex, sha256Hex } from "../assign.ts";
import type { Experiment } from "../experiment.ts";
import { goalName } from "../goal.ts";

/** Groups that visitors can get: those with a weight, of the experiment or of an allocation. */
export function reachableGroups({ groups, allocations }: Pick<Experiment, "groups" | "allocations">): string[] {
  return groups.flatMap(({ name, weight }) => {
    const isAllocated = allocations.some(({ weights }) => weights.some((own) => own.name === name && own.weight > 0));
    return weight > 0 || isAllocated ? [name] : [];
  });
}

/**
 * Fingerprint of what a rehearsal tries of an experiment: what its groups show, where it runs, and
 * the events that count. Another share of a group, a title or a plan changes none of it.
 *
 * @returns 32 hexadecimal digits
 */
export function rehearsedDefinition(experiment: Experiment, hash: Sha256Hex = sha256Hex): string {
  const { groups, control, fallback, unit, routes, rule, dependsOn, goals } = experiment;
  const reachable = reachableGroups(experiment);
  const shown = groups
    .filter(({ name }) => reachable.includes(name))
    .map(({ name, html, payload }) => [name, html ?? null, payload ?? null]);
  const counted = goals.map((goal) => [
    goalName(goal),
    goal.page !== undefined,
    ...(goal.ratio && goal.ratio.per !== "session" ? [goal.ratio.per] : []),
  ]);
  return hash(JSON.stringify([shown, control, fallback, unit, routes, rule, dependsOn, counted])).slice(0, 32);
}
