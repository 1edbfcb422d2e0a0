import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { replaceFile } from "../files/durable-file.ts";
import { type IsDropped, NOTE_LIMITS, UNWRITABLE } from "./notes.ts";

const Field = v.strictObject({
  /** Such as `params.note`. */
  field: v.string(),
  /** Events with this field cut or set aside, since the data folder was created. */
  events: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Name of the latest such event. */
  event: v.string(),
  /** JSON of the field in that event as received, or its beginning. */
  example: v.string(),
  /** Time of that event by the server's clock. */
  at: v.string(),
});

export type DroppedField = Readonly<v.InferOutput<typeof Field>>;

const SavedSchema = v.strictObject({ version: v.literal(1), fields: v.array(Field) });

export const DROPPED_FIELDS_FILE = "dropped-fields.json";
/** Enough to see a site's mistakes; bounded, because clients can invent field names. */
const MAX_FIELDS = 50;

/**
 * Counts fields that were cut or set aside, with an example of each, for the admin. Saved with the
 * log's counters.
 */
export class DroppedFields {
  readonly #path: string;
  readonly #fields: Map<string, DroppedField>;
  #isSaved = true;

  private constructor(path: string, fields: readonly DroppedField[]) {
    this.#path = path;
    this.#fields = new Map(fields.map((field) => [field.field, field]));
  }

  /** A missing or invalid file counts nothing. */
  static async open(folder: string): Promise<DroppedFields> {
    const path = join(folder, DROPPED_FIELDS_FILE);
    try {
      return new DroppedFields(path, v.parse(SavedSchema, JSON.parse(await readFile(path, "utf8"))).fields);
    } catch {
      return new DroppedFields(path, []);
    }
  }

  /** Sorted by events, most first. */
  get list(): DroppedField[] {
    return [...this.#fields.values()].sort((a, b) => b.events - a.events);
  }

  /** @param input the event as received */
  count(fields: readonly string[], event: string, input: unknown, at: string): void {
    for (const field of fields) {
      const before = this.#fields.get(field);
      if (!before && this.#fields.size >= MAX_FIELDS) continue;
      const example = exampleOf(input, field);
      this.#isSaved = false;
      this.#fields.set(field, {
        field,
        events: (before?.events ?? 0) + 1,
        event: event.slice(0, NOTE_LIMITS.event),
        example,
        at,
      });
    }
  }

  /** Drops the fields that match, by their names or examples. */
  drop(isDropped: IsDropped): void {
    for (const field of this.list) {
      if (!isDropped(JSON.stringify(field))) continue;
      this.#fields.delete(field.field);
      this.#isSaved = false;
    }
  }

  async save(): Promise<void> {
    if (this.#isSaved) return;
    this.#isSaved = true;
    await replaceFile(this.#path, `${JSON.stringify({ version: 1, fields: this.list })}\n`);
  }
}

function exampleOf(input: unknown, field: string): string {
  const value = field
    .split(".")
    .reduce<unknown>((within, name) => (within as Record<string, unknown> | null | undefined)?.[name], input);
  try {
    return (JSON.stringify(value === undefined ? input : value) ?? "").slice(0, NOTE_LIMITS.example).toWellFormed();
  } catch {
    return UNWRITABLE;
  }
}
