import { isRecord } from "../../core/event-fields.ts";
import { MAX_EVENT_NAME_LENGTH } from "../../core/event-limits.ts";
import type { Removal } from "./removal.ts";

/** Characters that are kept of the texts of a note; longer ones are cut. */
export const NOTE_LIMITS = {
  // Fields of a rejected event.
  text: 1024,
  reason: 256,
  // Fields of an entry on a field that was cut or set aside.
  field: MAX_EVENT_NAME_LENGTH,
  event: MAX_EVENT_NAME_LENGTH,
  example: 200,
} as const;

/** Kept of nesting that JSON.parse accepts, and that overflows the stack of JSON.stringify. */
export const UNWRITABLE = "nested too deep to be written";

/** Whether a line with a note, which is for people to look at, has to go. */
export type IsDropped = (line: string) => boolean;

/** Texts within texts: a line has a body, which has params that a client wrote as JSON again. */
const MAX_DEPTH = 4;
const ESCAPE = /\\(?:u([0-9a-f]{4})|(.))/gis;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
const PERCENT = /(?:%[0-9a-f]{2})+/gi;

/**
 * Test for notes that mention what is removed. They quote what clients have sent, however it was
 * written: JSON with any escapes, whole or torn, form fields, UTF-16. A note that was cut, and a
 * line that was torn, may end within an ID: they go with any unit.
 */
export function notesOf(removal: Removal): IsDropped {
  const searched = "unit" in removal ? removal.unit : `"${removal.experiment}"`;
  return (line) => {
    if ("unit" in removal && isCut(line)) return true;
    for (const reading of readingsOf(line)) if (reading.includes(searched)) return true;
    return false;
  };
}

function isCut(line: string): boolean {
  let note: unknown;
  try {
    note = JSON.parse(line);
  } catch {
    // The end of a line that a power cut has torn.
    return line !== "" && !line.endsWith("}");
  }
  if (!isRecord(note)) return false;
  // A file may have a list of notes.
  return [note, ...Object.values(note).flat()].some((one) => isRecord(one) && hasCutText(one));
}

function hasCutText(note: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(note).some(([name, text]) => {
    if (typeof text !== "string") return false;
    return text === UNWRITABLE || text.length >= (NOTE_LIMITS[name as keyof typeof NOTE_LIMITS] ?? Infinity);
  });
}

/** A line as it is and as each text within it is read. */
function* readingsOf(line: string): Generator<string> {
  for (const base of new Set([line, fromPercent(line), fromPercent(line.replaceAll("+", " "))])) {
    let reading = base;
    for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
      yield reading.toWellFormed();
      const inner = unescaped(reading).replaceAll("\0", "");
      if (inner === reading) break;
      reading = inner;
    }
  }
}

function unescaped(text: string): string {
  return text.replace(ESCAPE, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function fromPercent(text: string): string {
  return text.replace(PERCENT, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8"));
}
