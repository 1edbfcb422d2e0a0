import * as v from "valibot";
import type { WeightedGroup } from "./assign.ts";
import { Payload, payloadType } from "./payload.ts";
import { name, Text, wholeNumber } from "./schemas.ts";

export const MAX_GROUPS = 100;

export const GroupName = name(64);
export const Weight = wholeNumber("a whole number from 0 to 2^53 − 1", 0);

/** Text of errors about invalid weights. */
export const SPLIT_ALLOWED = "weights of which one is > 0, adding up to ≤ 2^53 − 1";

export const GroupSchema = v.strictObject(
  {
    name: GroupName,
    weight: Weight,
    label: v.exactOptional(Text),
    html: v.exactOptional(Text),
    payload: v.exactOptional(Payload),
    value: v.exactOptional(wholeNumber("a whole number ≥ 0", 0)),
  },
  "a group: {name, weight, label?, html?, payload?, value?}",
);

export type Group = v.InferOutput<typeof GroupSchema>;

/** Groups of an experiment: a valid split. */
export const Groups = v.pipe(
  v.array(GroupSchema, "a list of groups"),
  v.minLength(2, "at least 2 groups"),
  v.maxLength(MAX_GROUPS, `at most ${MAX_GROUPS} groups`),
  v.check((groups) => new Set(groups.map(({ name }) => name)).size === groups.length, "groups whose names are unique"),
  v.check((groups) => isSplit(groups), SPLIT_ALLOWED),
  v.check(
    (groups) => new Set(groups.flatMap((group) => ("payload" in group ? payloadType(group.payload) : []))).size <= 1,
    "groups whose payloads, where they have one, are of the same JSON type",
  ),
);

/** The groups as `assign` expects them. */
export function weights(experiment: { readonly groups: readonly Pick<Group, "name" | "weight">[] }): WeightedGroup[] {
  return experiment.groups.map(({ name, weight }) => [name, weight] as const);
}

/**
 * Number of a group for dashboards: its own `value`, else 0 for the control and 1, 2, … for the
 * others in order. −1 for an unknown group.
 */
export function groupValue(
  experiment: { readonly groups: readonly Group[]; readonly control: string },
  group: string,
): number {
  const { groups, control } = experiment;
  const chosen = groups.find(({ name }) => name === group);
  if (!chosen) return -1;
  if (chosen.value !== undefined) return chosen.value;
  return group === control ? 0 : groups.filter(({ name }) => name !== control).indexOf(chosen) + 1;
}

/** Whether every group has a number of its own, and the control 0. */
export function hasOwnValues(experiment: { readonly groups: readonly Group[]; readonly control: string }): boolean {
  const values = experiment.groups.map(({ name }) => groupValue(experiment, name));
  return new Set(values).size === values.length && groupValue(experiment, experiment.control) <= 0;
}

export function hasGroup(groups: readonly { readonly name: string }[], name: string): boolean {
  return groups.some((group) => group.name === name);
}

export function isSplit(groups: readonly { readonly weight: number }[]): boolean {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  return total > 0 && total <= Number.MAX_SAFE_INTEGER;
}
