import * as v from "valibot";

export const MAX_PAYLOAD_DEPTH = 8;
export const MAX_PAYLOAD_LENGTH = 10_000;

const ALLOWED =
  `a JSON value of finite numbers and well-formed text, at most ${MAX_PAYLOAD_DEPTH} levels deep and ` +
  `${MAX_PAYLOAD_LENGTH.toLocaleString("en")} characters long`;

/** Data of a group for the page's own code: any JSON value. */
export const Payload = v.pipe(v.unknown(), v.check(isPayload, ALLOWED));

export type PayloadType = "null" | "boolean" | "number" | "string" | "array" | "object";

/** JSON has one kind of number: 2.0 is written and read as 2, so integers are not a type. */
export function payloadType(payload: unknown): PayloadType {
  if (payload === null) return "null";
  if (Array.isArray(payload)) return "array";
  return typeof payload as PayloadType;
}

function isPayload(value: unknown): boolean {
  // Check depth first: JSON.stringify overflows the stack on nesting that JSON.parse accepts.
  return isJson(value, 0) && JSON.stringify(value).length <= MAX_PAYLOAD_LENGTH;
}

function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || depth === MAX_PAYLOAD_DEPTH) return false;
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && isJson(item, depth + 1));
}
