import { isRecord } from "../../core/event-fields.ts";
import { LAYER_SLOTS } from "../../core/layer.ts";
import { type Imported, type ImportedExperiment, keyOf, NotImportable, wholeWeights } from "./imported.ts";

/** Features as GrowthBook's SDK endpoint gives them; each experiment rule is an experiment. */
export function importGrowthbook(input: unknown): Imported {
  if (!isRecord(input) || !isRecord(input.features)) throw new NotImportable("an object {features} is expected");
  const experiments = Object.entries(input.features).flatMap(([name, feature]) => {
    const rules = isRecord(feature) && Array.isArray(feature.rules) ? feature.rules.filter(isRecord) : [];
    return rules
      .filter(({ variations }) => Array.isArray(variations))
      .map((rule, place) => ruleOf(String(rule.key ?? name), place, rule));
  });
  return { experiments, assignments: [] };
}

function ruleOf(name: string, place: number, rule: Readonly<Record<string, unknown>>): ImportedExperiment {
  const notes: string[] = [];
  const variations = rule.variations as readonly unknown[];
  const meta = Array.isArray(rule.meta) ? rule.meta.filter(isRecord) : [];
  const given = Array.isArray(rule.weights) ? rule.weights.map(Number) : variations.map(() => 1);
  const weights = wholeWeights(given);
  const key = keyOf(place === 0 ? name : `${name}_${place + 1}`);
  const slots = Math.round(Number(rule.coverage ?? 1) * LAYER_SLOTS);
  if (rule.condition !== undefined)
    notes.push(`its condition is to be written in CEL: ${JSON.stringify(rule.condition)}`);
  if (key !== name) notes.push(`${name} is called ${key} here`);
  notes.push("its hash is another one: whoever saw a variation may get another group");
  return {
    experiment: {
      key,
      title: String(rule.name ?? name),
      groups: variations.map((payload, index) => ({
        name: String(meta[index]?.key ?? index),
        weight: weights[index] ?? 0,
        value: index,
        ...(meta[index]?.name === undefined ? {} : { label: String(meta[index]?.name) }),
        payload,
      })),
      unit: /account|user|company/i.test(String(rule.hashAttribute ?? "id")) ? "account" : "device",
      layer: slots > 0 && slots < LAYER_SLOTS ? { name: key, from: 0, to: slots } : null,
    },
    notes,
  };
}
