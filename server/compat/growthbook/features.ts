import type { Experiment } from "../../../core/experiment.ts";
import type { Group } from "../../../core/group.ts";
import { isCounted } from "../../../core/reason.ts";
import type { Evaluated } from "../projection/evaluated.ts";

/** A group's value: its payload, or its name without one. */
function featureValue({ groups }: Experiment, name: string): unknown {
  return groups.find((group: Group) => group.name === name)?.payload ?? name;
}

/**
 * An experiment as a GrowthBook feature that is evaluated already: one rule forces the value, and
 * says what to track. Units that do not take part get the fallback's value.
 */
export function featureOf({ experiment, unitId, evaluation, takesPart }: Evaluated) {
  const { key, groups, fallback, unit } = experiment;
  const defaultValue = featureValue(experiment, fallback);
  if (!takesPart) return { defaultValue, rules: [] };
  const { group, reason } = evaluation;
  const force = featureValue(experiment, group);
  const tracked = {
    experiment: { key, variations: groups.map(({ name }) => featureValue(experiment, name)) },
    result: {
      key: group,
      variationId: groups.findIndex(({ name }) => name === group),
      inExperiment: true,
      hashUsed: true,
      hashAttribute: HASH_ATTRIBUTES[unit],
      hashValue: unitId ?? "",
      value: force,
    },
  };
  return { defaultValue, rules: [{ force, ...(isCounted(reason) ? { tracks: [tracked] } : {}) }] };
}

const HASH_ATTRIBUTES: Readonly<Record<Experiment["unit"], string>> = {
  device: "id",
  account: "accountId",
  session: "sessionId",
  random: "id",
};
