import type { Experiment } from "../../core/experiment.ts";

const started = new WeakMap<readonly Experiment[], readonly Experiment[]>();

/**
 * Experiments that may leave the server without a token: those that were ever started. Nobody is to
 * learn from the outside what is planned.
 *
 * @param experiments the registry's list, which is another one after each change
 */
export function startedOf(experiments: readonly Experiment[]): readonly Experiment[] {
  const known = started.get(experiments);
  if (known) return known;
  const found = experiments.filter(({ state, startedAt }) => state !== "inactive" || startedAt !== null);
  started.set(experiments, found);
  return found;
}
