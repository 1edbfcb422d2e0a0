import { sha256Hex } from "./assign.ts";
import type { Cut } from "./cut.ts";
import { MAX_EVENT_NAME_LENGTH, MAX_TEXT_LENGTH } from "./event-limits.ts";
import { isTimestamp } from "./timestamp.ts";

/**
 * Source of the pattern of event IDs. They need no escape in JSON, so that they are found without
 * parsing.
 */
export const ID_FORMAT = "[A-Za-z0-9_.:-]{1,64}";
/** Characters of a unit's ID, and of names of experiments and groups. */
export const MAX_ID_LENGTH = 256;
export const MAX_SOURCE_LENGTH = 64;

const ID = new RegExp(`^${ID_FORMAT}$`);
const DECIMAL = /^[+-]?\d{1,15}(\.\d{1,15})?$/;
/** ISO 8601 with any offset; seconds and their fraction are optional. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;
/** Milliseconds of the year 2001: smaller numbers are seconds. */
const MIN_EPOCH_MS = 1e12;
const MAX_EPOCH_MS = 253_402_300_799_999;

/**
 * Converts a given value to the stored one; undefined when it cannot be stored. Names what it cuts.
 */
type Field = (given: unknown, cut: Cut) => unknown;

/** Fields that every experiment understands, and how each is stored. */
export const EVENT_FIELDS: Readonly<Record<string, Field>> = {
  id(given, cut) {
    const id = asText(given);
    if (id === undefined || ID.test(id)) return id;
    // An invalid ID is replaced by one derived from it, so that a resend is still recognised.
    cut.drop("id");
    return sha256Hex(id.toWellFormed()).slice(0, 32);
  },
  ts: (given) => (typeof given === "string" && isTimestamp(given) ? given : asTime(given)),
  // Neither cut nor clean: two units could become one.
  deviceId: asText,
  accountId(given) {
    const id = asText(given);
    return id !== undefined && isUnitId(id) ? id : undefined;
  },
  event: (given, cut) => textOf(given, "event", MAX_EVENT_NAME_LENGTH, cut) || undefined,
  source: (given, cut) => textOf(given, "source", MAX_SOURCE_LENGTH, cut) || undefined,
  path: (given, cut) =>
    typeof given === "string"
      ? cut.text(given, "path", MAX_TEXT_LENGTH).replace(given.length > MAX_TEXT_LENGTH ? /%.?$/ : "", "")
      : undefined,
  experiment: asName,
  group: asName,
  epoch(given) {
    const epoch = asNumber(given);
    return Number.isSafeInteger(epoch) && (epoch as number) >= 0 ? epoch : undefined;
  },
  value: asNumber,
  params(given, cut) {
    const params = typeof given === "string" ? parsed(given) : given;
    return isRecord(params) ? cut.value(params, "params") : undefined;
  },
};

/** Whether a text can be the ID of a device or an account. */
export function isUnitId(id: string): boolean {
  return id.length >= 1 && id.length <= MAX_ID_LENGTH && id.isWellFormed() && !id.includes("\0");
}

function asText(given: unknown): string | undefined {
  if (typeof given === "number" && Number.isFinite(given)) return String(given);
  return typeof given === "string" ? given : undefined;
}

function textOf(given: unknown, field: string, max: number, cut: Cut): string | undefined {
  const text = asText(given);
  return text === undefined ? undefined : cut.text(text, field, max);
}

/** A name, which is never cut: a part of it would be another name. */
function asName(given: unknown): string | undefined {
  const name = asText(given);
  return name !== undefined && name.length <= MAX_ID_LENGTH && name.isWellFormed() && !name.includes("\0")
    ? name
    : undefined;
}

/** Accepts `"12.50"`; rejects `"12,50"` and `"1e3"`, whose meaning depends on the reader. */
function asNumber(given: unknown): number | undefined {
  if (typeof given === "number" && Number.isFinite(given)) return given;
  return typeof given === "string" && DECIMAL.test(given.trim()) ? Number(given) : undefined;
}

/** Accepts times with an offset, and milliseconds since 1970. */
function asTime(given: unknown): string | undefined {
  if (typeof given === "number") {
    return given >= MIN_EPOCH_MS && given <= MAX_EPOCH_MS ? new Date(given).toISOString() : undefined;
  }
  // Date reads 30 February as 2 March.
  if (typeof given !== "string" || !TIME.test(given) || !isTimestamp(`${given.slice(0, 16)}:00Z`)) return undefined;
  const ms = Date.parse(given);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** Parses an object sent as JSON text, as by pages with a patched `toJSON`. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
