import { type EventDefaults, ID_FORMAT } from "./event.ts";
import type { EventText } from "./event-text.ts";
import { isOnCalendar, TIME_FORMAT } from "./timestamp.ts";

/** A string without escapes. Every UTF-16 unit is at most 3 bytes of UTF-8: 341 of them are within 1 KiB. */
const text = (least: number, most: number) => `"[^"\\\\\\x00-\\x1f]{${least},${Math.min(most, 341)}}"`;
/** Numbers that a double holds as they are written; not −0, which JSON.stringify would write as 0. */
const WHOLE = "(?:0|[1-9]\\d{0,14})";
const NUMBER = `(?:${WHOLE}|-[1-9]\\d{0,14})(?:\\.\\d{1,9})?`;

const FIELDS = {
  ts: `"${TIME_FORMAT}"`,
  deviceId: text(1, 256),
  event: text(1, 100),
  source: text(1, 64),
  path: text(0, 341),
  experiment: text(0, 256),
  group: text(0, 256),
  epoch: WHOLE,
  value: NUMBER,
  // Of two parameters one could be there twice.
  params: `\\{(?:${text(1, 341)}:(?:${text(0, 341)}|${NUMBER}|true|false|null))?\\}`,
} as const;

type Field = keyof typeof FIELDS;

const REQUIRED: readonly Field[] = ["deviceId", "event"];
/** Fields that get a default when they are missing. */
const DEFAULTED = ["ts", "source", "params"] as const;

/** Events whose fields come in a certain order. */
interface Order {
  /** Captures the id, and the fields that may need a default. */
  readonly pattern: RegExp;
  /** Places of the captures: with names they take 1.3 times as long. */
  readonly places: Readonly<Record<(typeof DEFAULTED)[number], number>>;
}

function inOrder(fields: readonly Field[]): Order {
  const captured = fields.filter((field) => (DEFAULTED as readonly Field[]).includes(field));
  const pattern = fields.map((field) => {
    const value = captured.includes(field) ? `(${FIELDS[field]})` : FIELDS[field];
    return `(?:,"${field}":${value})${REQUIRED.includes(field) ? "" : "?"}`;
  });
  const placeOf = (field: Field) => captured.indexOf(field) + 2;
  return {
    pattern: new RegExp(`\\{"id":"(${ID_FORMAT})"${pattern.join("")}\\}`, "y"),
    places: { ts: placeOf("ts"), source: placeOf("source"), params: placeOf("params") },
  };
}

/** The orders in which events come: as the tag writes them, and as the log keeps them. */
const ORDERS = [
  inOrder(["ts", "deviceId", "path", "event", "experiment", "params", "group", "epoch", "value", "source"]),
  inOrder(["ts", "deviceId", "event", "source", "path", "experiment", "group", "epoch", "value", "params"]),
];

/**
 * The events of a body, one or an array, when all are written as the tag writes them; null for any other body, which may
 * be as right but has to be parsed. A plain event's text is stored as it came: that is 15 times as fast as parsing,
 * checking and writing it, and gives the same event (test/core/plain-events.test.ts proves it against the schema).
 */
export function readPlainEvents(body: string, defaults: EventDefaults): EventText[] | null {
  if (!body.isWellFormed()) return null;
  if (body.startsWith("{")) {
    const event = readAt(body, 0, defaults);
    return event && event.end === body.length ? [event] : null;
  }
  if (!body.startsWith("[")) return null;
  const events: EventText[] = [];
  for (let at = 1; ; ) {
    const event = readAt(body, at, defaults);
    if (!event) return null;
    events.push(event);
    if (body[event.end] === "]") return event.end + 1 === body.length ? events : null;
    if (body[event.end] !== ",") return null;
    at = event.end + 1;
  }
}

function readAt(body: string, at: number, defaults: EventDefaults): (EventText & { end: number }) | null {
  for (const { pattern, places } of ORDERS) {
    pattern.lastIndex = at;
    const match = pattern.exec(body);
    if (!match) continue;
    const [text, id = ""] = match;
    const ts = match[places.ts];
    if (ts !== undefined && !isOnCalendar(ts.slice(1, -1))) return null;
    let added = "";
    if (ts === undefined) added += `,"ts":${JSON.stringify(defaults.ts())}`;
    if (match[places.source] === undefined) added += ',"source":"browser"';
    if (match[places.params] === undefined) added += ',"params":{}';
    if (defaults.run !== null) added += `,"run":${JSON.stringify(defaults.run)}`;
    return { id, text: added === "" ? text : `${text.slice(0, -1)}${added}}`, end: at + text.length };
  }
  return null;
}
