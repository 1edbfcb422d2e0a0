import { DEFINITION_FIELDS, type Definition, type Experiment } from "../../core/experiment.ts";
import { InvalidInput } from "../../core/parse.ts";
import { type Change, transition } from "../../core/transition.ts";
import type { ExperimentEntry } from "./history-entry.ts";
import type { Author } from "./registry.ts";

/**
 * The definition before a change, and the state if that change had changed it. Throws InvalidInput
 * if there was none.
 */
export function stateBefore(
  { number, key, before, after }: ExperimentEntry,
  current?: Experiment,
): Omit<Change, "by"> & {
  readonly definition: Definition;
} {
  if (before === null) {
    const allowed = `a change of ${key} that something was before, not the one that created it`;
    throw new InvalidInput([{ field: "number", value: number, allowed }]);
  }
  const definition = definitionOf(before);
  if (after === null || (before.state === after.state && before.rolloutGroup === after.rolloutGroup)) {
    return { definition };
  }
  const { state, rolloutGroup } = before;
  // Reverting a pause resumes, and vice versa, while that state lasts.
  const isPause =
    (state === "active" && current != null && current.pausedAt !== null) ||
    (before.pausedAt !== null && current?.state === "active" && current.epoch === before.epoch);
  return { definition, state, ...(isPause ? { isPause } : {}), ...(rolloutGroup === null ? {} : { rolloutGroup }) };
}

/**
 * The experiment after reverting a change. Throws InvalidInput if its state cannot change that way
 * now, or nothing preceded the change.
 */
export function reverted(entry: ExperimentEntry, current: Experiment, { by, now }: Author): Experiment {
  return transition(current, { ...stateBefore(entry, current), by }, now);
}

function definitionOf(experiment: Experiment): Definition {
  return Object.fromEntries(DEFINITION_FIELDS.map((field) => [field, experiment[field]])) as Definition;
}
