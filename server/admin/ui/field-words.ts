import { DEFINITION_FIELDS, type Definition } from "../../../core/experiment.ts";

/** Labels of an experiment's fields. */
const WORDS = {
  title: "Title",
  description: "Description",
  groups: "Groups",
  control: "Control",
  fallback: "Fallback",
  unit: "Unit",
  salt: "Salt",
  routes: "Pages",
  rule: "Rule",
  allocations: "Other weights",
  dependsOn: "Depends on",
  layer: "Share of traffic",
  goals: "Goals",
  sticky: "Sticky",
  plan: "Plan",
  external: "For other systems' clients",
  exclusions: "Left out of the report",
} as const satisfies Record<keyof Definition, string>;

const OTHERS: ReadonlyMap<string, string> = new Map([
  ["key", "Key"],
  ["state", "State"],
  ["rolloutGroup", "Group to roll out"],
  ["forces", "Groups to show"],
  ["group", "Group to show"],
  ["page", "Page"],
  ["hours", "How long"],
  ["override", "Start without a rehearsal"],
  ["reason", "Reason"],
]);

const PARTS: ReadonlyMap<string, string> = new Map([
  ["name", "name"],
  ["weight", "weight"],
  ["label", "label"],
  ["html", "HTML"],
  ["payload", "payload"],
  ["value", "number"],
  ["event", "event"],
  ["kind", "kind"],
  ["page", "path"],
  ["click", "click"],
  ["window", "conversion window"],
  ["better", "direction"],
  ["role", "role"],
  ["margin", "largest acceptable harm"],
  ["cap", "cap"],
  ["currency", "currency"],
  ["ratio", "ratio"],
  ["cuped", "days before"],
  ["requires", "senders"],
  ["id", "name"],
  ["rule", "rule"],
  ["from", "from"],
  ["to", "to"],
  ["key", "experiment"],
  ["group", "group"],
  ["baseline", "rate now"],
  ["lift", "change"],
  ["devices", "devices"],
  ["alpha", "level"],
  ["power", "chance"],
  ["cookieName", "cookie"],
  ["targetMetrics", "metrics"],
]);

const ITEMS: ReadonlyMap<string, string> = new Map([
  ["groups", "Group"],
  ["goals", "Goal"],
  ["allocations", "Other weights"],
  ["routes", "Page"],
]);

/**
 * Label of a field's path: `groups[1].weight` is "Group 2, weight".
 *
 * @param nameOf a group's name, if it has one
 */
export function fieldWords(path: string, nameOf: (group: number) => string | undefined = () => undefined): string {
  const [field = "", ...parts] = path.split(".");
  const [, list = "", place] = /^(\w+)\[(\d+)\]$/.exec(field) ?? [];
  const first = place === undefined ? fieldWord(field) : itemWords(list, Number(place), nameOf);
  return [first, ...parts.map((part) => PARTS.get(part) ?? partWords(part, nameOf))].join(", ");
}

function fieldWord(field: string): string {
  return isDefinitionField(field) ? WORDS[field] : (OTHERS.get(field) ?? field);
}

function itemWords(list: string, place: number, nameOf: (group: number) => string | undefined): string {
  const name = list === "groups" ? nameOf(place) : undefined;
  return `${ITEMS.get(list) ?? list} ${name ? `“${name}”` : place + 1}`;
}

/** A group's weight in an allocation. */
function partWords(part: string, nameOf: (group: number) => string | undefined): string {
  const [, place] = /^weights\[(\d+)\]$/.exec(part) ?? [];
  return place === undefined ? part : itemWords("groups", Number(place), nameOf);
}

function isDefinitionField(field: string): field is keyof Definition {
  return (DEFINITION_FIELDS as readonly string[]).includes(field);
}
