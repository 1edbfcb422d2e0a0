import type { Experiment } from "./experiment.ts";
import { hasGroup } from "./group.ts";
import { InvalidInput, type Problem } from "./parse.ts";

interface LinkProblem extends Problem {
  /** Key of the experiment that the field belongs to. */
  readonly experiment: string;
}

/**
 * Checks the constraints between experiments: keys are unique, and so are the numbers and names of
 * `external`; a dependency exists, has that group and the same unit, and is not circular; active
 * experiments of one layer have the same unit and disjoint slots. Slots are compared between active
 * experiments only: a draft may be prepared for taken slots, and is rejected when it starts; a
 * rolled-out experiment shows the same to all visitors, whatever the layer.
 *
 * @param edited key of the experiment whose fields an error names without the key before them
 * @throws InvalidInput
 */
export function checkLinks(experiments: readonly Experiment[], edited: string | null = null): void {
  const byKey = new Map(experiments.map((experiment) => [experiment.key, experiment]));
  const problems = [
    ...repeatedKeys(experiments),
    ...repeatedExternal(experiments, "id", edited),
    ...repeatedExternal(experiments, "name", edited),
    ...experiments.flatMap((experiment) => dependencyProblem(experiment, byKey)),
    ...layerProblems(experiments, edited),
  ];
  if (problems.length === 0) return;
  throw new InvalidInput(
    problems.map(({ experiment, field, value, allowed }) => ({
      field: experiment === edited ? field : `${experiment}.${field}`,
      value,
      allowed,
    })),
  );
}

function repeatedKeys(experiments: readonly Experiment[]): LinkProblem[] {
  const seen = new Set<string>();
  return experiments.flatMap(({ key }) => {
    if (seen.has(key)) return { experiment: key, field: "key", value: key, allowed: "a key that no other has" };
    seen.add(key);
    return [];
  });
}

/** Blames the edited experiment, not the one that already has the value. */
function repeatedExternal(
  experiments: readonly Experiment[],
  field: "id" | "name",
  edited: string | null,
): LinkProblem[] {
  const owners = new Map<unknown, string>();
  return experiments.flatMap(({ key, external }) => {
    const value = external?.[field];
    if (value === undefined) return [];
    const owner = owners.get(value);
    if (owner === undefined) {
      owners.set(value, key);
      return [];
    }
    const [experiment, other] = owner === edited ? [owner, key] : [key, owner];
    return { experiment, field: `external.${field}`, value, allowed: `a value that ${other} does not have` };
  });
}

function dependencyProblem(
  { key, unit, dependsOn }: Experiment,
  byKey: ReadonlyMap<string, Experiment>,
): LinkProblem | [] {
  if (dependsOn === null) return [];
  const other = byKey.get(dependsOn.key);
  if (!other) {
    const allowed = "the key of another experiment";
    return { experiment: key, field: "dependsOn.key", value: dependsOn.key, allowed };
  }
  if (!hasGroup(other.groups, dependsOn.group)) {
    const allowed = `a group of ${other.key}: ${other.groups.map(({ name }) => name).join(", ")}`;
    return { experiment: key, field: "dependsOn.group", value: dependsOn.group, allowed };
  }
  if (other.unit !== unit) {
    const allowed = `${other.unit}, as in ${other.key}, which it depends on`;
    return { experiment: key, field: "unit", value: unit, allowed };
  }
  if (isInCircle(key, byKey)) {
    const allowed = "an experiment that does not depend on this one";
    return { experiment: key, field: "dependsOn.key", value: dependsOn.key, allowed };
  }
  return [];
}

function isInCircle(key: string, byKey: ReadonlyMap<string, Experiment>): boolean {
  const passed = new Set<string>();
  for (let at = byKey.get(key)?.dependsOn?.key; at !== undefined && !passed.has(at); ) {
    if (at === key) return true;
    passed.add(at);
    at = byKey.get(at)?.dependsOn?.key;
  }
  return false;
}

function layerProblems(experiments: readonly Experiment[], edited: string | null): LinkProblem[] {
  const layered = experiments.filter(({ state, layer }) => state === "active" && layer !== null);
  return layered.flatMap((one, place) =>
    layered.slice(place + 1).flatMap((other) => {
      const [named, present] = one.key === edited ? [one, other] : [other, one];
      return layerProblem(named, present);
    }),
  );
}

function layerProblem(named: Experiment, present: Experiment): LinkProblem | [] {
  const [layer, taken] = [named.layer, present.layer];
  if (!layer || !taken || layer.name !== taken.name) return [];
  if (named.unit !== present.unit) {
    const allowed = `${present.unit}, as in ${present.key}, which is active in the same layer`;
    return { experiment: named.key, field: "unit", value: named.unit, allowed };
  }
  if (layer.from >= taken.to || taken.from >= layer.to) return [];
  const allowed = `slots apart from ${taken.from} to ${taken.to}, which ${present.key} has while it is active`;
  return { experiment: named.key, field: "layer", value: layer, allowed };
}
