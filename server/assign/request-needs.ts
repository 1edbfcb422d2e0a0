import type { Experiment } from "../../core/experiment.ts";

/** Something of a request, besides the IDs of units, that groups depend on. */
type Need = "context" | "path" | "random";

const needed = new WeakMap<readonly Experiment[], ReadonlySet<Need>>();

/** Empty for experiments whose groups depend on the IDs of units alone. */
export function needsOf(experiments: readonly Experiment[]): ReadonlySet<Need> {
  let found = needed.get(experiments);
  if (found === undefined) {
    found = new Set(
      experiments.flatMap(({ rule, allocations, routes, unit }): Need[] => [
        ...(rule !== null || allocations.length > 0 ? (["context"] as const) : []),
        ...(routes.length > 0 ? (["path"] as const) : []),
        ...(unit === "random" ? (["random"] as const) : []),
      ]),
    );
    needed.set(experiments, found);
  }
  return found;
}
