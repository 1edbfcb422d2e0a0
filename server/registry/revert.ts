import { DEFINITION_FIELDS, type Definition, type Experiment } from "../../core/experiment.ts";
import { InvalidInput } from "../../core/parse.ts";
import type { Change } from "../../core/transition.ts";
import type { ExperimentEntry } from "./history-entry.ts";

/** The definition before a change, and the state when that change had changed it. Throws InvalidInput when there was none. */
export function stateBefore({ number, key, before, after }: ExperimentEntry): Omit<Change, "by"> & {
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
  return { definition, state, ...(rolloutGroup === null ? {} : { rolloutGroup }) };
}

function definitionOf(experiment: Experiment): Definition {
  return Object.fromEntries(DEFINITION_FIELDS.map((field) => [field, experiment[field]])) as Definition;
}
