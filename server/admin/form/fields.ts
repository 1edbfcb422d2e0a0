import type { Definition, Experiment } from "../../../core/experiment.ts";
import { MAX_GROUPS } from "../../../core/group.ts";
import { LAYER_SLOTS } from "../../../core/layer.ts";
import { type GoalFields, goalFieldsOf, NEW_GOAL, readGoalFields } from "./goal-fields.ts";
import { payloadText } from "./payload-text.ts";
import { planFieldsOf } from "./plan-fields.ts";

export interface GroupFields {
  readonly name: string;
  readonly weight: string;
  readonly label: string;
  readonly value: string;
  readonly html: string;
  /** JSON; empty for none. */
  readonly payload: string;
}

export interface AllocationFields {
  readonly id: string;
  readonly rule: string;
  /** By the groups' indexes. */
  readonly weights: readonly string[];
}

export interface PlanFields {
  /** In percent. */
  readonly baseline: string;
  readonly lift: string;
  /** Empty to calculate them from the other two. */
  readonly devices: string;
}

/** An experiment as entered: all texts, not validated. */
export interface ExperimentForm {
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly groups: readonly GroupFields[];
  /** Indexes of groups; −1 for none. Names change while they are typed. */
  readonly control: number;
  readonly fallback: number;
  /** All visitors, a share of them, or slots of a layer that experiments share. */
  readonly traffic: "all" | "share" | "layer";
  /** Percent of the visitors. */
  readonly share: string;
  readonly layer: { readonly name: string; readonly from: string; readonly to: string };
  /** One per line. */
  readonly routes: string;
  readonly rule: string;
  /** `key:group`; empty for none. */
  readonly dependsOn: string;
  readonly allocations: readonly AllocationFields[];
  readonly goals: readonly GoalFields[];
  readonly unit: string;
  readonly salt: string;
  readonly sticky: boolean;
  readonly plan: PlanFields;
  /** JSON; empty for none. */
  readonly external: string;
}

const MAX_ROWS = 100;
const NO_LAYER = { name: "", from: "0", to: String(LAYER_SLOTS) };

/** Initial values of the form of a new experiment. */
export const NEW_FORM: ExperimentForm = {
  key: "",
  title: "",
  description: "",
  groups: ["A", "B"].map((name) => ({ name, weight: "50", label: "", value: "", html: "", payload: "" })),
  control: 0,
  fallback: 0,
  traffic: "all",
  share: "100",
  layer: NO_LAYER,
  routes: "",
  rule: "",
  dependsOn: "",
  allocations: [],
  goals: [{ ...NEW_GOAL, event: "button_click" }],
  unit: "device",
  salt: "",
  sticky: true,
  plan: { baseline: "", lift: "", devices: "" },
  external: "",
};

/** Reads a submitted form. Missing fields are empty; unknown ones are ignored. */
export function readExperimentForm(sent: URLSearchParams): ExperimentForm {
  // Browsers send CRLF line ends.
  const text = (name: string) => (sent.get(name) ?? "").replaceAll("\r\n", "\n");
  const rows = <Row>(list: string, maxRows: number, read: (row: string) => Row): Row[] => {
    const found: Row[] = [];
    while (found.length < maxRows && [...FIRST_FIELDS].some((field) => sent.has(`${list}[${found.length}].${field}`))) {
      found.push(read(`${list}[${found.length}]`));
    }
    return found;
  };
  const groups = rows("groups", MAX_GROUPS + 1, (row) => ({
    name: text(`${row}.name`),
    weight: text(`${row}.weight`),
    label: text(`${row}.label`),
    value: text(`${row}.value`),
    html: text(`${row}.html`),
    payload: text(`${row}.payload`),
  }));
  const traffic = text("traffic");
  return {
    key: text("key"),
    title: text("title"),
    description: text("description"),
    groups,
    control: readPlace(text("control"), groups.length),
    fallback: readPlace(text("fallback"), groups.length),
    traffic: traffic === "share" || traffic === "layer" ? traffic : "all",
    share: text("share"),
    layer: { name: text("layer.name"), from: text("layer.from"), to: text("layer.to") },
    routes: text("routes"),
    rule: text("rule"),
    dependsOn: text("dependsOn"),
    allocations: rows("allocations", MAX_ROWS, (row) => ({
      id: text(`${row}.id`),
      rule: text(`${row}.rule`),
      weights: groups.map((_, place) => text(`${row}.weights[${place}].weight`)),
    })),
    goals: rows("goals", MAX_ROWS, (row) => readGoalFields((field) => text(`${row}.${field}`))),
    unit: text("unit"),
    salt: text("salt"),
    sticky: sent.has("sticky"),
    plan: { baseline: text("plan.baseline"), lift: text("plan.lift"), devices: text("plan.devices") },
    external: text("external"),
  };
}

/** Fields that every row of a list has. */
const FIRST_FIELDS = ["name", "id", "event"] as const;

function readPlace(text: string, groups: number): number {
  return /^\d{1,3}$/.test(text) && Number(text) < groups ? Number(text) : -1;
}

/** Fields of a form as a browser sends them; the inverse of `readExperimentForm`. */
export function fieldsOf(form: ExperimentForm): [name: string, value: string][] {
  const { groups, allocations, goals, control, fallback, layer, plan, sticky, ...texts } = form;
  return [
    ...Object.entries(texts),
    ...rowsOf("groups", groups),
    ["control", String(control)],
    ["fallback", String(fallback)],
    ...partsOf("layer", layer),
    ...rowsOf(
      "allocations",
      allocations.map(({ id, rule }) => ({ id, rule })),
    ),
    ...allocations.flatMap(({ weights }, row) =>
      weights.map((weight, place): [string, string] => [`allocations[${row}].weights[${place}].weight`, weight]),
    ),
    ...rowsOf("goals", goals),
    ...(sticky ? [["sticky", "on"] as [string, string]] : []),
    ...partsOf("plan", plan),
  ];
}

const partsOf = (name: string, parts: object): [string, string][] =>
  Object.entries(parts).map(([part, value]) => [`${name}.${part}`, value]);
const rowsOf = (list: string, rows: readonly object[]) =>
  rows.flatMap((row, place) => partsOf(`${list}[${place}]`, row));

/** Initial values of the form of an existing experiment. */
export function formOf(experiment: Pick<Experiment, "key"> & Definition): ExperimentForm {
  const { key, title, description, groups, control, fallback, layer, routes, rule, dependsOn } = experiment;
  const { allocations, goals, unit, salt, sticky } = experiment;
  const placeOf = (name: string) => groups.findIndex((group) => group.name === name);
  // The form's own share: a layer named after this experiment has no other participants.
  const isShare = layer?.name === key && layer.from === 0;
  return {
    key,
    title,
    description,
    groups: groups.map((group) => ({
      name: group.name,
      weight: String(group.weight),
      label: group.label ?? "",
      value: group.value === undefined ? "" : String(group.value),
      html: group.html ?? "",
      payload: "payload" in group ? payloadText(group.payload) : "",
    })),
    control: placeOf(control),
    fallback: placeOf(fallback),
    traffic: layer === null ? "all" : isShare ? "share" : "layer",
    share: isShare ? String((100 * layer.to) / LAYER_SLOTS) : "100",
    layer: layer === null || isShare ? NO_LAYER : { name: layer.name, from: String(layer.from), to: String(layer.to) },
    routes: routes.join("\n"),
    rule: rule ?? "",
    dependsOn: dependsOn === null ? "" : `${dependsOn.key}:${dependsOn.group}`,
    allocations: allocations.map(({ id, rule, weights }) => ({
      id,
      rule,
      weights: groups.map(({ name }) => String(weights.find((weight) => weight.name === name)?.weight ?? "")),
    })),
    goals: goals.map(goalFieldsOf),
    unit,
    salt: salt ?? "",
    sticky,
    plan: planFieldsOf(experiment),
    external: experiment.external === null ? "" : payloadText(experiment.external),
  };
}
