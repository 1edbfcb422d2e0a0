import type { EventDefaults } from "../../core/event.ts";
import { ID_FORMAT } from "../../core/event-fields.ts";
import { MAX_TEXT_LENGTH } from "../../core/event-limits.ts";
import type { EventText } from "../../core/event-text.ts";
import { isOnCalendar, isWithin, TIME_FORMAT } from "../../core/timestamp.ts";

/** A string without escapes. */
const text = (min: number, max: number) => `"[^"\\\\\\x00-\\x1f]{${min},${max}}"`;
/** Numbers that a double holds as written; not −0, which JSON.stringify would write as 0. */
const WHOLE = "(?:0|[1-9]\\d{0,14})";
const NUMBER = `(?:${WHOLE}|-[1-9]\\d{0,14})(?:\\.\\d{1,9})?`;

const FIELDS = {
  ts: `"${TIME_FORMAT}"`,
  deviceId: text(1, 256),
  accountId: text(1, 256),
  event: text(1, 100),
  source: text(1, 64),
  path: text(0, MAX_TEXT_LENGTH),
  experiment: text(0, 256),
  group: text(0, 256),
  epoch: WHOLE,
  value: NUMBER,
  // At most one parameter: of two, one could be a repeated name.
  params: `\\{(?:${text(1, MAX_TEXT_LENGTH)}:(?:${text(0, MAX_TEXT_LENGTH)}|${NUMBER}|true|false|null))?\\}`,
} as const;

type Field = keyof typeof FIELDS;

const REQUIRED: readonly Field[] = ["deviceId", "event"];
/** Fields with a default when missing. */
const DEFAULTED = ["ts", "source", "params"] as const;

/** Events whose fields come in a fixed order. */
interface Order {
  /**
   * Patterns without captures, which take half of the time, and the text that their events need
   * added.
   */
  readonly usual: readonly { readonly pattern: RegExp; readonly addition: string }[];
  /** Captures the fields that may need a default. */
  readonly any: RegExp;
  /** Indexes of the captures: named ones take 1.3 times as long. */
  readonly places: Readonly<Record<(typeof DEFAULTED)[number], number>>;
}

function inOrder(fields: readonly Field[], usual: readonly { missing: readonly Field[]; addition: string }[]): Order {
  const pattern = (of: (field: Field) => string) =>
    new RegExp(`\\{"id":"${ID_FORMAT}"${fields.map(of).join("")}\\}`, "y");
  const field = (name: Field, value: string = FIELDS[name]) => `(?:,"${name}":${value})`;
  const isDefaulted = (name: Field) => (DEFAULTED as readonly Field[]).includes(name);
  const placeOf = (name: Field) => fields.filter(isDefaulted).indexOf(name) + 1;
  return {
    usual: usual.map(({ missing, addition }) => ({
      addition,
      pattern: pattern((name) => {
        if (missing.includes(name)) return "";
        return `${field(name)}${REQUIRED.includes(name) || isDefaulted(name) ? "" : "?"}`;
      }),
    })),
    any: pattern((name) => {
      if (REQUIRED.includes(name)) return field(name);
      return `${isDefaulted(name) ? field(name, `(${FIELDS[name]})`) : field(name)}?`;
    }),
    places: { ts: placeOf("ts"), source: placeOf("source"), params: placeOf("params") },
  };
}

const SOURCE = ',"source":"browser"';
const PARAMS = ',"params":{}';

/** Field orders of events: as the tag writes them, and as the log stores them. */
const ORDERS = [
  inOrder(
    ["ts", "deviceId", "accountId", "path", "event", "experiment", "params", "group", "epoch", "value", "source"],
    [
      { missing: ["source"], addition: SOURCE },
      { missing: ["source", "params"], addition: `${SOURCE}${PARAMS}` },
    ],
  ),
  inOrder(
    ["ts", "deviceId", "accountId", "event", "source", "path", "experiment", "group", "epoch", "value", "params"],
    [{ missing: [], addition: "" }],
  ),
];

/**
 * Events of a body, one or an array, when all are written as the tag writes them; null for any
 * other body, which has to be parsed. The text of a plain event is stored as received: 15 times as
 * fast as parsing, checking and writing it, with the same event as result
 * (test/server/ingest/plain-events.test.ts proves it against the schema).
 */
export function readPlainEvents(body: string, defaults: EventDefaults): EventText[] | null {
  // A time that has to be corrected cannot be stored as received.
  if (!body.isWellFormed() || (defaults.clockMs ?? 0) !== 0) return null;
  const added = addedBy(defaults);
  if (body.startsWith("{")) {
    const event = readAt(body, 0, defaults, added);
    return event && event.end === body.length ? [event] : null;
  }
  if (!body.startsWith("[")) return null;
  const events: EventText[] = [];
  for (let at = 1; ; ) {
    const event = readAt(body, at, defaults, added);
    if (!event) return null;
    events.push(event);
    if (body[event.end] === "]") return event.end + 1 === body.length ? events : null;
    if (body[event.end] !== ",") return null;
    at = event.end + 1;
  }
}

/** Text that the server adds to every event of a body, behind the defaults of missing fields. */
interface Added {
  readonly whole: string;
  /** The same behind those of a pattern, written once for all its events. */
  readonly behind: Map<string, string>;
}

function addedBy({ run, receivedAt, net, withKey }: EventDefaults): Added {
  const signed = run === null ? "" : `,"run":${JSON.stringify(run)}`;
  const received = receivedAt === undefined ? "" : `,"receivedAt":"${receivedAt}"`;
  const network = net === undefined ? "" : `,"net":"${net}"`;
  return { whole: `${signed}${received}${network}${withKey ? ',"withKey":true' : ""}`, behind: new Map() };
}

function behind({ whole, behind: known }: Added, defaults: string): string {
  const before = known.get(defaults);
  if (before !== undefined) return before;
  const text = defaults + whole;
  known.set(defaults, text);
  return text;
}

/** Null also when a time is not believed: it has to be replaced. */
function readAt(text: string, start: number, { ts, believed }: EventDefaults, added: Added): EventText | null {
  const isTime = (of: string, at: number) => isOnCalendar(of, at) && (!believed || isWithin(of, at, believed));
  for (const { usual, any, places } of ORDERS) {
    for (const { pattern, addition } of usual) {
      pattern.lastIndex = start;
      if (!pattern.test(text)) continue;
      // The ID is followed by `","ts":"`.
      const time = text.indexOf('"', start + 7) + 8;
      return isTime(text, time) ? { text, start, end: pattern.lastIndex, addition: behind(added, addition) } : null;
    }
    any.lastIndex = start;
    const match = any.exec(text);
    if (!match) continue;
    const time = match[places.ts];
    if (time !== undefined && !isTime(time, 1)) return null;
    let addition = time === undefined ? `,"ts":${JSON.stringify(ts())}` : "";
    if (match[places.source] === undefined) addition += SOURCE;
    if (match[places.params] === undefined) addition += PARAMS;
    return { text, start, end: any.lastIndex, addition: behind(added, addition) };
  }
  return null;
}
