import { MAX_DEPTH, MAX_DROPPED, MAX_EVENT_NAME_LENGTH, MAX_KEYS, MAX_TEXT_LENGTH } from "./event-limits.ts";

/**
 * Fits the fields of one event into its limits, so that an invalid field never loses the event:
 * long values are cut, and values that cannot be stored are set aside. `dropped` names each such
 * field once.
 */
export class Cut {
  readonly #dropped = new Set<string>();
  #keys: number;

  /** @param keys fields of the event that are already counted */
  constructor(keys = 0) {
    this.#keys = keys;
  }

  /** Names of fields that were changed, such as `params.note`: at most MAX_DROPPED. */
  get dropped(): string[] {
    return [...this.#dropped];
  }

  /** Records that a field was changed. */
  drop(field: string): void {
    if (this.#dropped.size < MAX_DROPPED) this.#dropped.add(wellFormed(field).slice(0, MAX_EVENT_NAME_LENGTH));
  }

  /**
   * A text of at most `max` characters without NUL and lone surrogates, which databases reject.
   */
  text(value: string, field: string, max = MAX_TEXT_LENGTH): string {
    const stored = shorten(wellFormed(value), max);
    if (stored !== value) this.drop(field);
    return stored;
  }

  /**
   * A JSON value within the limits of depth, keys, texts and numbers; undefined when nothing of it
   * can be stored.
   */
  value(value: unknown, field: string, depth = 2): unknown {
    if (typeof value === "string") return this.text(value, field);
    if (typeof value === "boolean" || value === null || Number.isFinite(value)) return value;
    // JSON.stringify overflows the stack on nesting that JSON.parse accepts.
    if (typeof value !== "object" || depth > MAX_DEPTH) return this.drop(field);
    // A list's items keep their positions.
    if (Array.isArray(value)) {
      return value.flatMap((item, place) =>
        this.field(String(place), item, field, depth + 1, null).map(([, kept]) => kept),
      );
    }
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, item]) => this.field(name, item, field, depth + 1)),
    );
  }

  /**
   * A field as a list of one entry; none when the event has too many fields, or the value cannot be
   * stored.
   *
   * @param parent name of the enclosing field, if any
   * @param absent replaces a value that cannot be stored
   */
  field(name: string, value: unknown, parent = "", depth = 2, absent?: null): [name: string, value: unknown][] {
    const path = parent === "" ? name : `${parent}.${name}`;
    this.#keys += 1;
    if (this.#keys > MAX_KEYS) {
      this.drop(path);
      return [];
    }
    const stored = this.value(value, path, depth);
    return stored === undefined && absent === undefined ? [] : [[this.text(name, path), stored ?? null]];
  }
}

/**
 * Describes the text that would be valid; null for a text that can be stored. PostgreSQL rejects
 * other texts, and all events behind them would wait.
 */
export function storableText(value: string): string | null {
  if (value.includes("\0")) return "text without NUL characters";
  if (!value.isWellFormed()) return "well-formed Unicode without lone surrogates";
  return null;
}

function wellFormed(value: string): string {
  return storableText(value) === null ? value : value.toWellFormed().replaceAll("\0", "\ufffd");
}

function shorten(value: string, max: number): string {
  // Remove half of a surrogate pair.
  return value.length <= max ? value : value.slice(0, max).replace(/[\ud800-\udbff]$/, "");
}
