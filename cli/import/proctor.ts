import { isRecord } from "../../core/event-fields.ts";
import { LAYER_SLOTS } from "../../core/layer.ts";
import { type Imported, type ImportedExperiment, keyOf, NotImportable, wholeWeights } from "./imported.ts";

const UNITS: Readonly<Record<string, "device" | "account" | "random">> = {
  USER: "device",
  ANONYMOUS_USER: "device",
  ACCOUNT: "account",
  AUTHENTICATED_USER: "account",
  EMAIL: "account",
  RANDOM: "random",
};

/** A test matrix of Proctor: `{audit, tests}`. Rules are of another language, and kept as notes. */
export function importProctor(input: unknown): Imported {
  if (!isRecord(input) || !isRecord(input.tests)) throw new NotImportable("a test matrix {audit, tests} is expected");
  return { experiments: Object.entries(input.tests).map(([name, test]) => testOf(name, test)), assignments: [] };
}

function testOf(name: string, test: unknown): ImportedExperiment {
  if (!isRecord(test)) throw new NotImportable(`tests.${name} is not a test`);
  const notes: string[] = [];
  const buckets = records(test.buckets, `tests.${name}.buckets`).filter(({ value }) => Number(value) >= 0);
  const allocations = records(test.allocations, `tests.${name}.allocations`);
  const main = allocations.at(-1) ?? {};
  if (allocations.length > 1) notes.push(`${allocations.length - 1} allocations with rules are left out`);
  const ranges = records(main.ranges, `tests.${name}.allocations.ranges`);
  const shareOf = (value: unknown) =>
    ranges.filter(({ bucketValue }) => bucketValue === value).reduce((sum, { length }) => sum + Number(length), 0);
  const shares = buckets.map(({ value }) => shareOf(value));
  const taking = shares.reduce((sum, share) => sum + share, 0);
  const weights = wholeWeights(taking === 0 ? shares.map(() => 1) : shares);
  if (taking === 0) notes.push("no bucket has a range: all have the same weight");
  const slots = Math.round(taking * LAYER_SLOTS);
  const groups = buckets.map((bucket, place) => ({
    name: String(bucket.name),
    weight: weights[place] ?? 0,
    value: Number(bucket.value),
    ...(typeof bucket.description === "string" && bucket.description !== "" ? { label: bucket.description } : {}),
    ...payloadOf(bucket.payload),
  }));
  if (typeof test.rule === "string" && test.rule !== "") notes.push(`its rule is to be written in CEL: ${test.rule}`);
  const unit = UNITS[String(test.testType)];
  if (unit === undefined) notes.push(`its type ${test.testType} is taken for devices`);
  const key = keyOf(name);
  if (key !== name) notes.push(`${name} is called ${key} here`);
  const salt = typeof test.salt === "string" && test.salt !== key ? test.salt : null;
  const control = buckets.find(({ value }) => value === 0)?.name;
  return {
    experiment: {
      key,
      title: name,
      description: typeof test.description === "string" ? test.description : "",
      groups,
      ...(control === undefined ? {} : { control: String(control), fallback: String(control) }),
      unit: unit ?? "device",
      salt,
      layer: slots > 0 && slots < LAYER_SLOTS ? { name: key, from: 0, to: slots } : null,
    },
    notes,
  };
}

function payloadOf(payload: unknown): { payload?: unknown } {
  const [value] = isRecord(payload) ? Object.values(payload) : [];
  return value === undefined ? {} : { payload: value };
}

function records(list: unknown, field: string): Record<string, unknown>[] {
  if (Array.isArray(list) && list.every(isRecord)) return list;
  throw new NotImportable(`${field} is not a list of objects`);
}
