import * as v from "valibot";
import { corrected } from "./clock.ts";
import { Cut } from "./cut.ts";
import { EVENT_FIELDS, ID_FORMAT, isRecord, isUnitId, MAX_ID_LENGTH, MAX_SOURCE_LENGTH } from "./event-fields.ts";
import { MAX_DROPPED, MAX_EVENT_NAME_LENGTH, MAX_TEXT_LENGTH } from "./event-limits.ts";
import { parse } from "./parse.ts";
import { isTimestamp, isWithin, type TimeBounds, timestamp } from "./timestamp.ts";

const ID_ALLOWED = "1 to 64 letters, digits and _ . : -";
const DEVICE_ALLOWED = "a device id of 1 to 256 characters, or instead an accountId of as many";
const ACCOUNT_ALLOWED = "an account id of 1 to 256 characters";
const EVENT_ALLOWED = "the event's name, 1 to 100 characters";
const NAME_ALLOWED = "text of at most 256 characters";
const COUNT_ALLOWED = "a whole number ≥ 0";

const text = (min: number, max: number, allowed: string) =>
  v.pipe(v.string(allowed), v.minLength(min, allowed), v.maxLength(max, allowed));
const unitId = (allowed: string) => v.pipe(text(1, MAX_ID_LENGTH, allowed), v.check(isUnitId, allowed));
const Name = text(0, MAX_ID_LENGTH, NAME_ALLOWED);
const Count = v.pipe(v.number(COUNT_ALLOWED), v.safeInteger(COUNT_ALLOWED), v.minValue(0, COUNT_ALLOWED));

/**
 * An event as stored. Unknown fields are kept as received, within the same limits: a page's own
 * data is not ours to drop.
 */
export const EventSchema = v.looseObject(
  {
    id: v.pipe(v.string(ID_ALLOWED), v.regex(new RegExp(`^${ID_FORMAT}$`), ID_ALLOWED)),
    ts: timestamp(),
    deviceId: v.exactOptional(unitId(DEVICE_ALLOWED)),
    accountId: v.exactOptional(unitId(ACCOUNT_ALLOWED)),
    event: text(1, MAX_EVENT_NAME_LENGTH, EVENT_ALLOWED),
    source: text(1, MAX_SOURCE_LENGTH, "where the event comes from, 1 to 64 characters"),
    path: v.exactOptional(text(0, MAX_TEXT_LENGTH, "a page's path of at most 1,024 characters")),
    experiment: v.exactOptional(Name),
    group: v.exactOptional(Name),
    epoch: v.exactOptional(Count),
    value: v.exactOptional(v.pipe(v.number("a finite number"), v.finite("a finite number"))),
    params: v.custom<Record<string, unknown>>(isRecord, "an object"),
    run: v.exactOptional(Name),
    dropped: v.exactOptional(v.pipe(v.array(v.string()), v.maxLength(MAX_DROPPED))),
    lost: v.exactOptional(Count),
    // Set by the server, as `run` is.
    receivedAt: v.exactOptional(v.string()),
    net: v.exactOptional(v.string()),
    uncounted: v.exactOptional(v.string()),
    /** The sender had an ingest key. */
    withKey: v.exactOptional(v.literal(true)),
  },
  "an event: an object with deviceId or accountId, and event",
);

export type Event = v.InferOutput<typeof EventSchema>;

/** Defaults for fields that an event may leave out. */
export interface EventDefaults {
  readonly id: () => string;
  /** ISO 8601 time in UTC. */
  readonly ts: () => string;
  /** Simulator run that the request was signed for; a page cannot claim one. */
  readonly run: string | null;
  /** When the server received the event; ISO 8601 time in UTC. Absent if no server did. */
  readonly receivedAt?: string;
  /** Keyed hash of the client's network. Absent if unknown. */
  readonly net?: string;
  /** Whether the sender had an ingest key. */
  readonly withKey?: boolean;
  /** Range of plausible times; others are replaced by `receivedAt`. */
  readonly believed?: TimeBounds;
  /** Milliseconds to be added to the event's own time; see `clockCorrection`. */
  readonly clockMs?: number;
}

/** Fields set only by the server: removed from received events. */
const SERVER_FIELDS: readonly string[] = ["run", "receivedAt", "net", "uncounted", "clockMs", "withKey"];

/**
 * Parses one event of a request's body: fills in missing `id`, `ts`, `source` and `params`, and
 * accepts the spellings `device_id` and `account_id`. The result's first field is `id`. A field
 * that cannot be stored as received is converted, cut or set aside; `dropped` names those that lost
 * something. Only an event without a name or without a unit is rejected. Throws InvalidInput naming
 * field, value and what is allowed.
 */
export function parseEvent(input: unknown, defaults: EventDefaults): Event {
  if (!isRecord(input)) return parse(EventSchema, input);
  const { device_id, account_id, dropped, lost = typeof dropped === "number" ? dropped : undefined, ...rest } = input;
  const given: Record<string, unknown> = {
    ...rest,
    deviceId: rest.deviceId ?? device_id,
    accountId: (rest.accountId ?? account_id) === "" ? undefined : (rest.accountId ?? account_id),
  };
  const known = Object.keys(EVENT_FIELDS).filter((name) => given[name] !== undefined);
  const cut = new Cut(known.length);
  // The tag cuts by the same limits and names what it cut; earlier tags give a number of lost
  // events.
  for (const name of Array.isArray(dropped) ? dropped : []) if (typeof name === "string") cut.drop(name);
  const fields: [name: string, value: unknown][] = [];
  for (const name of known) {
    const value = given[name];
    // Except for `value`: NaN becomes null in JSON.
    if (value === null && name !== "value") continue;
    const stored = EVENT_FIELDS[name]?.(value, cut);
    if (stored !== undefined) fields.push([name, stored]);
    // The error of a rejected event quotes the value as received.
    else if (name === "deviceId" || name === "event") fields.push([name, value]);
    else cut.drop(name);
  }
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(EVENT_FIELDS, name)) continue;
    if (SERVER_FIELDS.includes(name)) cut.drop(name);
    else fields.push(...cut.field(name, value));
  }
  const { id, ts, deviceId, accountId, event, source, params, ...others } = Object.fromEntries(fields);
  // With an account, an invalid device ID is dropped; without one it rejects the event.
  const hasDevice = accountId === undefined || (typeof deviceId === "string" && isUnitId(deviceId));
  if (!hasDevice && deviceId !== undefined && deviceId !== "") cut.drop("deviceId");
  const { receivedAt, net, believed, withKey } = defaults;
  const { at, clockMs } = timeOf(ts, defaults);
  const isBelieved = at === undefined || believed === undefined || isWithin(at, 0, believed);
  if (!isBelieved) cut.drop("ts");
  return parse(EventSchema, {
    id: id ?? defaults.id(),
    ts: isBelieved ? (at ?? ts ?? defaults.ts()) : defaults.ts(),
    ...(hasDevice ? { deviceId } : {}),
    ...(accountId === undefined ? {} : { accountId }),
    event,
    source: source ?? "browser",
    ...others,
    params: params ?? {},
    ...(Number.isSafeInteger(lost) && (lost as number) >= 0 ? { lost } : {}),
    ...(cut.dropped.length === 0 ? {} : { dropped: cut.dropped }),
    ...(defaults.run === null ? {} : { run: defaults.run }),
    ...(receivedAt === undefined ? {} : { receivedAt }),
    ...(net === undefined ? {} : { net }),
    ...(withKey ? { withKey } : {}),
    ...(clockMs === 0 ? {} : { clockMs }),
  });
}

/** An event's time by the server's clock; undefined when it has none, or no valid one. */
function timeOf(ts: unknown, { clockMs = 0 }: EventDefaults): { at: string | undefined; clockMs: number } {
  if (typeof ts !== "string" || !isTimestamp(ts)) return { at: undefined, clockMs: 0 };
  return { at: clockMs === 0 ? ts : corrected(ts, clockMs), clockMs };
}
