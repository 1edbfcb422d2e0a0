import {
  type Event,
  type EventDefaults,
  ID_FORMAT,
  MAX_DEPTH,
  MAX_KEYS,
  MAX_STRING_BYTES,
  parseEvent,
  utf8Length,
} from "./event.ts";
import { isTimestamp } from "./timestamp.ts";

/** An event ready to be stored: its id, and its text on one line that begins with that id. */
export interface EventText {
  readonly id: string;
  readonly text: string;
}

/** The text of an event that was parsed or made here. */
export function writeEvent(event: Event): EventText {
  return { id: event.id, text: JSON.stringify(event) };
}

/**
 * Parses one event whose JSON came as `text`, and keeps that text where it can be stored as it is: serialising it again
 * costs more than all the checks. Same answer and same errors as `parseEvent`, which every event goes to that is not
 * plain; test/core/event-text.test.ts proves it.
 *
 * @param text JSON that parses to `input`, of a body for which `isPlainText` is true; null when there is none
 */
export function parseEventText(text: string | null, input: unknown, defaults: EventDefaults): EventText {
  if (text === null || !text.startsWith('{"id":"')) return writeEvent(parseEvent(input, defaults));
  const missing = missingFields(text, input as Record<string, unknown>);
  if (missing === null) return writeEvent(parseEvent(input, defaults));
  let added = "";
  if (missing & NO_TS) added += `,"ts":${JSON.stringify(defaults.ts())}`;
  if (missing & NO_SOURCE) added += ',"source":"browser"';
  if (missing & NO_PARAMS) added += ',"params":{}';
  if (defaults.run !== null) added += `,"run":${JSON.stringify(defaults.run)}`;
  const { id } = input as { id: string };
  return { id, text: added === "" ? text : `${text.slice(0, -1)}${added}}` };
}

/**
 * Whether no character of a JSON text is escaped and none but a blank stands between its parts. Then a `"` always begins
 * or ends a string, every name is followed by `":`, no string holds NUL or (decoded from UTF-8) a lone surrogate, and
 * the text is one line.
 */
export function isPlainText(text: string): boolean {
  for (const sign of ["\\", "\n", "\r", "\t", " :"]) if (text.includes(sign)) return false;
  return text.isWellFormed();
}

const NO_TS = 1;
const NO_SOURCE = 2;
const NO_PARAMS = 4;

/** Which fields have to be added to an event whose other fields are all in order; null when any is not, or looks unusual. */
function missingFields(text: string, input: Record<string, unknown>): number | null {
  let missing = NO_TS | NO_SOURCE | NO_PARAMS;
  let keys = 0;
  let names = 0;
  let hasDevice = false;
  let hasName = false;

  /** Whether a value is within the limits; counts keys as they are limited, and names as they stand in the text. */
  const isWithin = (value: unknown, depth: number): boolean => {
    if (typeof value === "string") return isShort(value);
    if (typeof value === "number") return Number.isFinite(value);
    if (typeof value !== "object" || value === null) return true;
    if (depth > MAX_DEPTH) return false;
    if (Array.isArray(value)) {
      keys += value.length;
      return keys <= MAX_KEYS && value.every((item) => isWithin(item, depth + 1));
    }
    for (const key in value) {
      keys += 1;
      names += 1;
      if (keys > MAX_KEYS || !isShort(key)) return false;
      if (!isWithin((value as Record<string, unknown>)[key], depth + 1)) return false;
    }
    return true;
  };

  for (const key in input) {
    const value = input[key];
    keys += 1;
    names += 1;
    if (keys > MAX_KEYS || !isShort(key)) return null;
    switch (key) {
      case "id":
        if (typeof value !== "string" || !ID_FORMAT.test(value)) return null;
        break;
      case "ts":
        if (typeof value !== "string" || !isTimestamp(value)) return null;
        missing &= ~NO_TS;
        break;
      case "deviceId":
        if (!isText(value, 1, 256)) return null;
        hasDevice = true;
        break;
      case "event":
        if (!isText(value, 1, 100)) return null;
        hasName = true;
        break;
      case "source":
        if (!isText(value, 1, 64)) return null;
        missing &= ~NO_SOURCE;
        break;
      case "path":
        if (!isText(value, 0, 1024)) return null;
        break;
      case "experiment":
      case "group":
        if (!isText(value, 0, 256)) return null;
        break;
      case "epoch":
        if (!Number.isSafeInteger(value) || (value as number) < 0) return null;
        break;
      case "value":
        if (typeof value !== "number" || !Number.isFinite(value)) return null;
        break;
      case "params":
        if (typeof value !== "object" || value === null || Array.isArray(value) || !isWithin(value, 2)) return null;
        missing &= ~NO_PARAMS;
        break;
      // Spellings that parseEvent changes or refuses, and names that valibot drops.
      case "device_id":
      case "run":
      case "__proto__":
      case "prototype":
      case "constructor":
        return null;
      default:
        if (!isWithin(value, 2)) return null;
    }
  }
  // More names in the text than in what it parses to: one is there twice, and its first value was never looked at.
  return hasDevice && hasName && countNames(text) === names ? missing : null;
}

function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === "string" && value.length >= least && value.length <= most && isShort(value);
}

/** Every UTF-16 unit is at most 3 bytes of UTF-8, so short strings need no counting. */
function isShort(value: string): boolean {
  return value.length * 3 <= MAX_STRING_BYTES || utf8Length(value) <= MAX_STRING_BYTES;
}

/** At least the number of names in a plain text; a string that begins with a colon counts too. */
function countNames(text: string): number {
  let count = 0;
  for (let at = text.indexOf('":'); at !== -1; at = text.indexOf('":', at + 2)) count += 1;
  return count;
}
