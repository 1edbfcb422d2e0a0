import type { Experiment } from "../../../core/experiment.ts";
import { groupValue } from "../../../core/group.ts";

/** The group of an experiment that a text names by its number. */
export interface NumberedName {
  readonly experiment: Experiment;
  readonly group: string;
  /** −1 for the fallback of an inactive test. */
  readonly value: number;
}

/** Characters of the longest key, and of a number. */
const MAX_LENGTH = 100 + 20;

/** Experiments by their keys. */
export type ByKey = (key: string) => Experiment | undefined;

/**
 * Finds the longest key whose remainder is the number of one of its groups, such as
 * `buttoncolortst1`. Keys may end in a digit or hold `-`. Null when there is none.
 */
export function numberedName(text: string, experimentOf: ByKey): NumberedName | null {
  if (text.length > MAX_LENGTH) return null;
  // Keys from the longest on; a lookup each, as a request may have thousands of names.
  for (let end = text.length - 1; end > 0; end -= 1) {
    if (!/^-?\d/.test(text.slice(end, end + 2))) return null;
    const experiment = experimentOf(text.slice(0, end));
    const found = experiment && numberedIn(experiment, Number(text.slice(end)));
    if (found) return found;
    if (text[end] === "-") return null;
  }
  return null;
}

function numberedIn(experiment: Experiment, value: number): NumberedName | null {
  if (value === -1) return { experiment, group: experiment.fallback, value };
  const group = experiment.groups.find(({ name }) => groupValue(experiment, name) === value)?.name;
  return group === undefined ? null : { experiment, group, value };
}
