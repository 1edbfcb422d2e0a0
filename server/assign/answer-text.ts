import { assignedGroup } from "../../core/assigned-group.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { AssignedGroup } from "../../core/http-contract.ts";

/** Distinct answers of one version of an experiment: its groups, reasons and epochs so far. */
const MAX_TEXTS = 1000;

const textsOf = new WeakMap<Experiment, Map<string, string>>();

/**
 * JSON of an experiment's key with the group of a unit. Kept for each version of the experiment:
 * most of an answer is content that does not depend on the unit.
 */
export function assignedText(
  experiment: Experiment,
  group: string,
  reason: AssignedGroup["reason"],
  epoch: number,
): string {
  let texts = textsOf.get(experiment);
  if (texts === undefined) {
    texts = new Map();
    textsOf.set(experiment, texts);
  }
  const name = `${epoch} ${reason} ${group}`;
  let text = texts.get(name);
  if (text === undefined) {
    text = `${JSON.stringify(experiment.key)}:${JSON.stringify(assignedGroup(experiment, group, reason, epoch))}`;
    if (texts.size < MAX_TEXTS) texts.set(name, text);
  }
  return text;
}
