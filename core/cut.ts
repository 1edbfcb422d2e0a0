import { MAX_DEPTH, MAX_DROPPED, MAX_EVENT_NAME_LENGTH, MAX_KEYS, MAX_TEXT_LENGTH } from "./event-limits.ts";

/**
 * Fits the fields of one event into its limits, so that a bad field never loses the event: what is too long is cut, what
 * can be stored under no limit is set aside, and `dropped` names each such field once.
 */
export class Cut {
  readonly #dropped = new Set<string>();
  #keys: number;

  /** @param keys fields of the event that are counted already */
  constructor(keys = 0) {
    this.#keys = keys;
  }

  /** Names of the fields that are not as they came, such as `params.note`: at most MAX_DROPPED. */
  get dropped(): string[] {
    return [...this.#dropped];
  }

  /** Says that a field is not as it came. */
  drop(field: string): void {
    if (this.#dropped.size < MAX_DROPPED) this.#dropped.add(wellFormed(field).slice(0, MAX_EVENT_NAME_LENGTH));
  }

  /** A text of at most `most` characters without NUL and lone surrogates, which databases reject. */
  text(value: string, field: string, most = MAX_TEXT_LENGTH): string {
    const stored = shorten(wellFormed(value), most);
    if (stored !== value) this.drop(field);
    return stored;
  }

  /** A JSON value within the limits of depth, keys, texts and numbers; undefined when nothing of it can be stored. */
  value(value: unknown, field: string, depth = 2): unknown {
    if (typeof value === "string") return this.text(value, field);
    if (typeof value === "boolean" || value === null || Number.isFinite(value)) return value;
    // JSON.stringify overflows the stack on nesting that JSON.parse accepts.
    if (typeof value !== "object" || depth > MAX_DEPTH) return this.drop(field);
    // A list's items keep their places.
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
   * A field by its name, as a list of none or one: it is set aside where the event has too many, or it has no value.
   *
   * @param parent the field that it is in, if any
   * @param absent stands for a value that cannot be stored
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

/** What a text would have to be to be stored; null when it is. PostgreSQL rejects such an event, and all behind it would wait. */
export function storableText(value: string): string | null {
  if (value.includes("\0")) return "text without NUL characters";
  if (!value.isWellFormed()) return "well-formed Unicode without lone surrogates";
  return null;
}

function wellFormed(value: string): string {
  return storableText(value) === null ? value : value.toWellFormed().replaceAll("\0", "\ufffd");
}

function shorten(value: string, most: number): string {
  // Half of a surrogate pair is no character.
  return value.length <= most ? value : value.slice(0, most).replace(/[\ud800-\udbff]$/, "");
}
