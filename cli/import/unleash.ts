import { isRecord } from "../../core/event-fields.ts";
import { type Imported, type ImportedExperiment, keyOf, NotImportable } from "./imported.ts";

/** An export of Unleash: features with two or more variants are experiments. */
export function importUnleash(input: unknown): Imported {
  if (!isRecord(input) || !Array.isArray(input.features)) {
    throw new NotImportable("an export {features, …} is expected");
  }
  const experiments = input.features
    .filter(isRecord)
    .map((feature) => ({ feature, variants: Array.isArray(feature.variants) ? feature.variants.filter(isRecord) : [] }))
    .filter(({ variants }) => variants.length >= 2)
    .map(({ feature, variants }) => featureOf(feature, variants));
  return { experiments, assignments: [] };
}

function featureOf(
  feature: Readonly<Record<string, unknown>>,
  variants: readonly Readonly<Record<string, unknown>>[],
): ImportedExperiment {
  const notes = ["its hash is another one: whoever saw a variant may get another group"];
  const name = String(feature.name);
  const key = keyOf(name);
  if (key !== name) notes.push(`${name} is called ${key} here`);
  if (Array.isArray(feature.strategies) && feature.strategies.length > 0) {
    notes.push(`${feature.strategies.length} activation strategies are left out: write them as a rule`);
  }
  return {
    experiment: {
      key,
      title: name,
      description: typeof feature.description === "string" ? feature.description : "",
      groups: variants.map((variant) => ({
        name: String(variant.name),
        weight: Number(variant.weight ?? 1),
        ...payloadOf(variant.payload, notes),
      })),
      unit: "account",
    },
    notes,
  };
}

function payloadOf(payload: unknown, notes: string[]): { payload?: unknown } {
  if (!isRecord(payload) || typeof payload.value !== "string") return {};
  if (payload.type === "number") return { payload: Number(payload.value) };
  if (payload.type !== "json") return { payload: payload.value };
  try {
    return { payload: JSON.parse(payload.value) };
  } catch {
    notes.push(`a payload is not JSON and taken as text: ${payload.value}`);
    return { payload: payload.value };
  }
}
