import type { Experiment } from "./experiment.ts";

const started = new WeakMap<readonly Experiment[], readonly Experiment[]>();

/**
 * Experiments visible without a token: those that were ever started. Planned ones must stay secret.
 *
 * @param experiments the registry's list, a new array after each change
 */
export function startedOf(experiments: readonly Experiment[]): readonly Experiment[] {
  const known = started.get(experiments);
  if (known) return known;
  const found = experiments.filter(({ state, startedAt }) => state !== "inactive" || startedAt !== null);
  started.set(experiments, found);
  return found;
}
