import type { Definition, State } from "../../../core/experiment.ts";
import type { Group } from "../../../core/group.ts";
import { LAYER_SLOTS } from "../../../core/layer.ts";
import type { Problem } from "../../../core/parse.ts";
import type { AllocationFields, ExperimentForm, GroupFields } from "./fields.ts";
import { enteredGoal } from "./goal-fields.ts";
import { PAYLOAD_ALLOWED, readPayload } from "./payload-text.ts";
import { readPlan } from "./plan-fields.ts";

/** The entered values in the shape of a definition, not validated by the core yet. */
export interface Entered {
  readonly definition: Definition;
  /**
   * Problems that this shape cannot express. They must be reported even when the definition is
   * valid.
   */
  readonly problems: readonly Problem[];
}

const SHARE_ALLOWED = "a share from 0.01 to 100 percent, to a hundredth of a percent";

/**
 * @param key the experiment's
 * @param before the experiment's current state: an empty text stays one, where otherwise an empty
 * field means no value
 */
export function enteredBy(
  form: ExperimentForm,
  key: string,
  before: (Definition & { readonly state?: State }) | null = null,
): Entered {
  const problems: Problem[] = [];
  const groups = form.groups.map((fields, place) =>
    readGroup(
      fields,
      before?.groups.find(({ name }) => name === fields.name),
      (value, allowed) => problems.push({ field: `groups[${place}].payload`, value, allowed }),
    ),
  );
  const layer = readLayer(form, key, (value) => problems.push({ field: "layer", value, allowed: SHARE_ALLOWED }));
  const title = form.title.trim();
  const definition = {
    title: title === "" ? key : title,
    description: form.description.trim(),
    groups,
    control: groups[form.control]?.name,
    fallback: groups[form.fallback]?.name,
    unit: form.unit,
    salt: orNull(form.salt),
    routes: form.routes
      .split("\n")
      .map((route) => route.trim())
      .filter((route) => route !== ""),
    rule: orNull(form.rule.trim()),
    allocations: form.allocations.map((fields) => readAllocation(fields, groups)),
    dependsOn: readDependency(form.dependsOn),
    layer,
    goals: form.goals.map((goal, place) => enteredGoal(goal, place === 0, before?.goals[place])),
    sticky: form.sticky,
    // Changed on the results page.
    exclusions: before?.exclusions ?? [],
    plan: readPlan(form, groups, before, (problem) => problems.push(problem)),
    external: readExternal(form.external, (value, allowed) => problems.push({ field: "external", value, allowed })),
  };
  return { definition: definition as Definition, problems };
}

function readGroup(
  { name, weight, label, value, html, payload }: GroupFields,
  before: Group | undefined,
  reject: (value: string, allowed: string) => void,
) {
  // An existing name is kept as it is, including spaces.
  const group: { name: string; [part: string]: unknown } = {
    name: before?.name ?? name.trim(),
    weight: readNumber(weight),
  };
  if (label.trim() !== "" || before?.label === "") group.label = label.trim();
  if (html !== "" || before?.html === "") group.html = html;
  if (value.trim() !== "") group.value = readNumber(value);
  if (payload.trim() === "") return group;
  try {
    group.payload = readPayload(payload);
  } catch (error) {
    reject(payload, `${PAYLOAD_ALLOWED} (${(error as Error).message})`);
  }
  return group;
}

function readAllocation({ id, rule, weights }: AllocationFields, groups: readonly { readonly name: string }[]): object {
  return {
    id: id.trim(),
    rule: rule.trim(),
    weights: groups.map(({ name }, place) => ({ name, weight: readNumber(weights[place] ?? "") })),
  };
}

/**
 * A share is the first slots of a layer of the experiment's own: raising it keeps current
 * participants.
 */
function readLayer({ traffic, share, layer }: ExperimentForm, key: string, reject: (value: string) => void) {
  if (traffic === "all") return null;
  if (traffic === "layer") {
    return { name: layer.name.trim(), from: readNumber(layer.from), to: readNumber(layer.to) };
  }
  const to = /^\d{1,3}(\.\d{1,2})?$/.test(share.trim()) ? Math.round((Number(share) * LAYER_SLOTS) / 100) : 0;
  if (to >= 1 && to <= LAYER_SLOTS) return { name: key, from: 0, to };
  reject(share);
  return null;
}

function readDependency(text: string) {
  if (text === "") return null;
  // A key contains no colon; a group may.
  const [, key, group] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  return { key, group };
}

function readExternal(text: string, reject: (value: string, allowed: string) => void): unknown {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    reject(text, `JSON such as {"id": 7}, or nothing (${(error as Error).message})`);
    return null;
  }
}

/** A whole number, or the text for the schema to reject; undefined when empty. */
function readNumber(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  return /^-?\d{1,16}$/.test(trimmed) ? Number(trimmed) : trimmed;
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}
