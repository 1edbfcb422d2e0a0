import type { ExperimentForm, GroupFields } from "./fields.ts";

export interface Merged {
  readonly form: ExperimentForm;
  /**
   * Fields that both changed to different values, as `groups[1].weight`: the form keeps one's own.
   */
  readonly both: readonly string[];
}

/** Parts that are edited as one. */
const WHOLE = [
  "title",
  "description",
  "routes",
  "rule",
  "dependsOn",
  "allocations",
  "goals",
  "unit",
  "salt",
  "sticky",
  "plan",
  "external",
] as const;
const TRAFFIC = ["traffic", "share", "layer"] as const;
const SPLIT = ["groups", "control", "fallback"] as const;

/**
 * Merges two people's edits of one experiment: a field changed by only one of them has that value,
 * and one changed by both has one's own and is listed. While all three have the same groups, each
 * part of each group is merged separately.
 *
 * @param base the common ancestor
 */
export function merge(base: ExperimentForm, theirs: ExperimentForm, own: ExperimentForm): Merged {
  const both: string[] = [];
  const choose = <Value>(field: string, before: Value, other: Value, mine: Value): Value => {
    if (isSame(mine, before) || isSame(mine, other)) return other;
    if (!isSame(other, before)) both.push(field);
    return mine;
  };
  /** Fields that belong together. */
  const together = <Field extends keyof ExperimentForm>(name: string, fields: readonly Field[]) => {
    const part = (form: ExperimentForm) => Object.fromEntries(fields.map((field) => [field, form[field]]));
    return choose(name, part(base), part(theirs), part(own)) as Pick<ExperimentForm, Field>;
  };
  const names = ({ groups }: ExperimentForm) => groups.map(({ name }) => name);
  const hasSameGroups = isSame(names(base), names(theirs)) && isSame(names(base), names(own));
  const split = hasSameGroups
    ? {
        groups: own.groups.map((group, place) => {
          const [before, other] = [base.groups[place], theirs.groups[place]];
          if (!before || !other) return group;
          return Object.fromEntries(
            (Object.keys(group) as (keyof GroupFields)[]).map((part) => [
              part,
              choose(`groups[${place}].${part}`, before[part], other[part], group[part]),
            ]),
          ) as unknown as GroupFields;
        }),
        control: choose("control", base.control, theirs.control, own.control),
        fallback: choose("fallback", base.fallback, theirs.fallback, own.fallback),
      }
    : together("groups", [...SPLIT, "allocations"]);
  const whole = Object.fromEntries(
    WHOLE.map((field) => [field, choose<unknown>(field, base[field], theirs[field], own[field])]),
  ) as Pick<ExperimentForm, (typeof WHOLE)[number]>;
  return { form: { ...own, ...whole, ...together("layer", TRAFFIC), ...split }, both };
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
