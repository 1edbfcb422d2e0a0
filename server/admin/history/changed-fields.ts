import { exclusionWords } from "../../../core/exclusion-words.ts";
import { DEFINITION_FIELDS, type Definition, type Experiment } from "../../../core/experiment.ts";
import type { Group } from "../../../core/group.ts";
import { fieldWords } from "../ui/field-words.ts";
import { goalWords } from "../ui/goal-words.ts";
import { planWords } from "../ui/plan-words.ts";

/** A difference between two states of an experiment, in words; null where there is no value. */
export interface ChangedField {
  readonly field: keyof Definition | "state" | "rolloutGroup";
  readonly words: string;
  readonly before: string | null;
  readonly after: string | null;
}

const STATE_WORDS = { active: "active", inactive: "inactive", rollout: "rolled out" } as const;

/** Differences between two states: each field, groups by their names. Empty when they are equal. */
export function changedFields(
  before: Definition & Partial<Pick<Experiment, "state" | "rolloutGroup">>,
  after: Definition & Partial<Pick<Experiment, "state" | "rolloutGroup">>,
): ChangedField[] {
  const state = ({ state, rolloutGroup }: typeof before) =>
    state === undefined ? null : rolloutGroup ? `${STATE_WORDS[state]}: ${rolloutGroup}` : STATE_WORDS[state];
  return [
    ...difference("state", "State", state(before), state(after)),
    ...DEFINITION_FIELDS.flatMap((field) => {
      if (field === "groups") return changedGroups(before.groups, after.groups);
      return difference(field, fieldWords(field), valueWords(before, field), valueWords(after, field));
    }),
  ];
}

function difference(
  field: ChangedField["field"],
  words: string,
  before: string | null,
  after: string | null,
): ChangedField[] {
  return before === after ? [] : [{ field, words, before, after }];
}

function changedGroups(before: readonly Group[], after: readonly Group[]): ChangedField[] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  const changes = names.flatMap((name) => {
    const [was, is] = [before, after].map((groups) => groups.find((group) => group.name === name));
    const parts = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])].filter((part) => part !== "name");
    return parts.flatMap((part) =>
      difference("groups", `Group “${name}”, ${partWord(part)}`, partWords(was, part), partWords(is, part)),
    );
  });
  const order = (groups: readonly Group[]) => groups.map(({ name }) => name).join(", ");
  return changes.length > 0 ? changes : difference("groups", "Order of the groups", order(before), order(after));
}

function partWord(part: string): string {
  return fieldWords(`groups.${part}`).replace(/^Groups, /, "");
}

function partWords(group: Group | undefined, part: string): string | null {
  if (!group || !(part in group)) return null;
  const value = group[part as keyof Group];
  return part === "payload" ? JSON.stringify(value) : String(value);
}

/** Formats a field's value. */
function valueWords(definition: Definition, field: Exclude<keyof Definition, "groups">): string {
  const { routes, rule, allocations, dependsOn, layer, goals, salt, sticky, plan, external, exclusions } = definition;
  switch (field) {
    case "routes":
      return routes.length === 0 ? "everywhere" : routes.join("\n");
    case "rule":
      return rule ?? "everybody";
    case "salt":
      return salt ?? "the key";
    case "sticky":
      return sticky ? "yes" : "no";
    case "plan":
      return plan === null ? "none" : planWords(plan);
    case "external":
      return external === null ? "none" : JSON.stringify(external);
    case "exclusions":
      return exclusions.length === 0 ? "nothing" : exclusions.map(exclusionWords).join("\n");
    case "dependsOn":
      return dependsOn === null ? "nothing" : `${dependsOn.key}: ${dependsOn.group}`;
    case "layer":
      return layer === null ? "all" : `slots ${layer.from} to ${layer.to} of layer ${layer.name}`;
    case "goals":
      return goals.map(goalWords).join("\n");
    case "allocations":
      return allocations.length === 0
        ? "none"
        : allocations
            .map(
              ({ id, rule, weights }) => `${id}: ${weights.map((w) => `${w.name} ${w.weight}`).join(", ")} if ${rule}`,
            )
            .join("\n");
    default:
      return definition[field];
  }
}
