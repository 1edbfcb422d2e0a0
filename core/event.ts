import * as v from "valibot";
import { InvalidInput, parse } from "./parse.ts";
import { timestamp } from "./timestamp.ts";

export const MAX_EVENTS_PER_REQUEST = 100;
const MAX_DEPTH = 8;
const MAX_KEYS = 64;
const MAX_STRING_BYTES = 1024;

/** Signs that need no escape in JSON, so that a stored line's id is found without parsing it. */
/** How an event's id is written, as the source of a pattern. */
export const ID_FORMAT = "[A-Za-z0-9_.:-]{1,64}";

const ID_ALLOWED = "1 to 64 letters, digits and _ . : -";
const DEVICE_ALLOWED = "a device id of 1 to 256 characters";
const EVENT_ALLOWED = "the event's name, 1 to 100 characters";
const NAME_ALLOWED = "text of at most 256 characters";
const COUNT_ALLOWED = "a whole number ≥ 0";

const text = (least: number, most: number, allowed: string) =>
  v.pipe(v.string(allowed), v.minLength(least, allowed), v.maxLength(most, allowed));
const Name = text(0, 256, NAME_ALLOWED);

/**
 * An event as stored. Fields that are not named here are kept as they came, within the same limits: a page's own
 * data is not ours to drop.
 */
export const EventSchema = v.looseObject(
  {
    id: v.pipe(v.string(ID_ALLOWED), v.regex(new RegExp(`^${ID_FORMAT}$`), ID_ALLOWED)),
    ts: timestamp(),
    deviceId: text(1, 256, DEVICE_ALLOWED),
    event: text(1, 100, EVENT_ALLOWED),
    source: text(1, 64, "where the event comes from, 1 to 64 characters"),
    path: v.exactOptional(text(0, 1024, "a page's path of at most 1,024 characters")),
    experiment: v.exactOptional(Name),
    group: v.exactOptional(Name),
    epoch: v.exactOptional(v.pipe(v.number(COUNT_ALLOWED), v.safeInteger(COUNT_ALLOWED), v.minValue(0, COUNT_ALLOWED))),
    value: v.exactOptional(v.pipe(v.number("a finite number"), v.finite("a finite number"))),
    params: v.custom<Record<string, unknown>>(isRecord, "an object"),
    run: v.exactOptional(Name),
  },
  "an event: an object with deviceId and event",
);

export type Event = v.InferOutput<typeof EventSchema>;

/** What the edge knows and an event may leave out. */
export interface EventDefaults {
  readonly id: () => string;
  /** ISO 8601 time in UTC. */
  readonly ts: () => string;
  /** The simulator's run that the request was signed for; a page cannot claim one. */
  readonly run: string | null;
}

/**
 * Parses one event of a request's body: fills `id`, `ts`, `source` and `params` when they are missing, and takes the
 * older spelling `device_id`. The result's first field is `id`. Throws InvalidInput naming field, value, what is allowed.
 */
export function parseEvent(input: unknown, defaults: EventDefaults): Event {
  const limit = beyondLimits(input);
  if (limit) throw new InvalidInput([limit]);
  if (!isRecord(input)) return parse(EventSchema, input);
  const { id, ts, deviceId, device_id, event, source, params, run, ...rest } = input;
  if (run !== undefined) {
    throw new InvalidInput([
      { field: "run", value: run, allowed: "nothing: only the server says which run an event is of" },
    ]);
  }
  return parse(EventSchema, {
    id: id ?? defaults.id(),
    ts: ts ?? defaults.ts(),
    deviceId: deviceId ?? device_id,
    event,
    source: source ?? "browser",
    ...rest,
    params: params ?? {},
    ...(defaults.run === null ? {} : { run: defaults.run }),
  });
}

/**
 * The first place where a JSON value is beyond the limits of an event, or null. Depth comes first, because
 * JSON.stringify overflows the stack on nesting that JSON.parse accepts.
 */
function beyondLimits(input: unknown): { field: string; value: unknown; allowed: string } | null {
  let keys = 0;
  const walk = (value: unknown, field: string, depth: number): ReturnType<typeof beyondLimits> => {
    if (typeof value === "string") return stringBeyondLimits(value, field);
    // 1e999 is JSON; it parses to Infinity, which would be stored as null.
    if (typeof value === "number" && !Number.isFinite(value)) return { field, value, allowed: "a finite number" };
    if (typeof value !== "object" || value === null) return null;
    if (depth > MAX_DEPTH) return { field, value: "nested deeper", allowed: `at most ${MAX_DEPTH} levels` };
    for (const [key, item] of Object.entries(value)) {
      keys += 1;
      if (keys > MAX_KEYS) return { field, value: `more than ${MAX_KEYS} keys`, allowed: `at most ${MAX_KEYS} keys` };
      const path = field === "" ? key : `${field}.${key}`;
      const problem = stringBeyondLimits(key, path) ?? walk(item, path, depth + 1);
      if (problem) return problem;
    }
    return null;
  };
  return walk(input, "", 1);
}

function stringBeyondLimits(value: string, field: string): ReturnType<typeof beyondLimits> {
  // Every UTF-16 unit is at most 3 bytes of UTF-8, so short strings need no counting.
  if (value.length * 3 > MAX_STRING_BYTES && utf8Length(value) > MAX_STRING_BYTES) {
    return { field, value, allowed: `at most ${MAX_STRING_BYTES} bytes of UTF-8` };
  }
  const allowed = storableText(value);
  return allowed === null ? null : { field, value, allowed };
}

/** What a text would have to be to be stored; null when it is. PostgreSQL refuses such an event, and all behind it would wait. */
export function storableText(value: string): string | null {
  if (value.includes("\0")) return "text without NUL characters";
  if (!value.isWellFormed()) return "well-formed Unicode without lone surrogates";
  return null;
}

/** Bytes that a string takes in UTF-8. */
function utf8Length(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
