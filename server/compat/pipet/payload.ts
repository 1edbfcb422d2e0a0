import { isRecord } from "../../../core/event-fields.ts";
import type { Experiment } from "../../../core/experiment.ts";

/** A payload as Proctor writes it: exactly one field, named by its type. */
export type ProctorPayload = Readonly<Record<string, unknown>>;

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isList = (of: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(of);
const isLong = Number.isSafeInteger;
const isScalar = (value: unknown) => isText(value) || isNumber(value);
const isMap = (value: unknown) =>
  isRecord(value) &&
  Object.values(value).every((item) => isScalar(item) || isList(isText)(item) || isList(isNumber)(item));

/** Types in order; the experiment has the first one that all groups' payloads satisfy. */
const TYPES: readonly (readonly [name: string, holds: (value: unknown) => boolean])[] = [
  ["stringValue", isText],
  ["longValue", isLong],
  ["doubleValue", isNumber],
  ["stringArray", isList(isText)],
  ["longArray", isList(isLong)],
  ["doubleArray", isList(isNumber)],
  ["map", isMap],
  ["json", () => true],
];

export function isPayloadType(name: string | undefined): name is string {
  return TYPES.some(([type]) => type === name);
}

const typeNames = new WeakMap<Experiment, string>();

/** Name of the type that the payloads of all groups have. */
function payloadTypeOf(experiment: Experiment): string {
  let name = typeNames.get(experiment);
  if (name === undefined) {
    const payloads = experiment.groups.flatMap(({ payload }) => (payload == null ? [] : [payload]));
    name = TYPES.find(([, holds]) => payloads.every(holds))?.[0] ?? "json";
    typeNames.set(experiment, name);
  }
  return name;
}

/** Undefined for a group without a payload: clients take neither null nor an empty object. */
export function proctorPayload(experiment: Experiment, payload: unknown): ProctorPayload | undefined {
  return payload == null ? undefined : { [payloadTypeOf(experiment)]: payload };
}
