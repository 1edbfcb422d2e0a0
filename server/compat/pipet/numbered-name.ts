import type { Experiment } from "../../../core/experiment.ts";
import { groupValue } from "../../../core/group.ts";

/** The group of an experiment that a text names by its number. */
export interface NumberedName {
  readonly experiment: Experiment;
  readonly group: string;
  /** −1 for the fallback of an inactive test. */
  readonly value: number;
}

/**
 * Finds the longest key whose remainder is the number of one of its groups, such as
 * `buttoncolortst1`. Keys may end in a digit or hold `-`. Null when there is none.
 */
export function numberedName(text: string, experiments: readonly Experiment[]): NumberedName | null {
  const candidates = experiments
    .filter(({ key }) => text.startsWith(key) && /^-?\d+$/.test(text.slice(key.length)))
    .sort((a, b) => b.key.length - a.key.length);
  for (const experiment of candidates) {
    const value = Number(text.slice(experiment.key.length));
    if (value === -1) return { experiment, group: experiment.fallback, value };
    const group = experiment.groups.find(({ name }) => groupValue(experiment, name) === value)?.name;
    if (group !== undefined) return { experiment, group, value };
  }
  return null;
}
