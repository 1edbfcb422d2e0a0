import * as v from "valibot";
import { type Group, GroupName, isSplit, SPLIT_ALLOWED, Weight } from "./group.ts";
import { Rule } from "./rule.ts";
import { name } from "./schemas.ts";

export const AllocationSchema = v.strictObject(
  {
    id: name(64),
    rule: Rule,
    weights: v.pipe(
      v.array(
        v.strictObject({ name: GroupName, weight: Weight }, "a group's weight: {name, weight}"),
        "a list of {name, weight}",
      ),
      v.check((weights) => isSplit(weights), SPLIT_ALLOWED),
    ),
  },
  "an allocation: {id, rule, weights}",
);

/** Weights for the units that match a rule, instead of the groups' own. */
export type Allocation = v.InferOutput<typeof AllocationSchema>;

/** The first allocation whose rule matches is used; without a match, the groups' own weights. */
export const Allocations = v.pipe(
  v.array(AllocationSchema, "a list of allocations"),
  v.maxLength(20, "at most 20 allocations"),
  v.check(
    (allocations) => new Set(allocations.map(({ id }) => id)).size === allocations.length,
    "allocations whose ids are unique",
  ),
);

/** Whether every allocation has exactly one weight for every group. */
export function coversGroups(allocations: readonly Allocation[], groups: readonly Group[]): boolean {
  const names = groups.map(({ name }) => name).sort();
  return allocations.every(({ weights }) => {
    const given = weights.map(({ name }) => name).sort();
    return given.length === names.length && given.every((name, index) => name === names[index]);
  });
}
