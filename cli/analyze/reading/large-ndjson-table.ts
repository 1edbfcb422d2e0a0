import { open, writeFile } from "node:fs/promises";
import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import { quoted } from "../quoted.ts";
import { KEPT_WHOLE, MAX_DEPTH } from "./json-table.ts";
import { columnNames, type Table } from "./table.ts";

const MAX_LINE_BYTES = 1_048_576;
/**
 * Places of a file whose lines are examined, evenly spaced: a log that is sorted by event has some
 * fields at its end only. The first place is longer than a line may be.
 */
const PLACES = 64;
const PLACE_BYTES = 262_144;
/** Lines of each place whose fields are looked at; arbitrary. */
const LINES_OF_PLACE = 300;

/**
 * A table that the engine reads from the lines on every query: copying all would take longer than
 * counting them. Null if two fields of the sampled lines differ only in case, which the engine
 * cannot distinguish.
 *
 * @param sampled path for the lines of the sample
 */
export async function largeNdjsonTable(path: string, named: string, sampled: string): Promise<Table | null> {
  const places = await sampleOf(path);
  // One document, or lines longer than the engine's limit.
  if (places === null) return null;
  const fields = fieldsOf(places);
  const outer = [...new Set(fields.map(([name]) => name as string))];
  if (fields.length === 0 || new Set(outer.map((name) => name.toLowerCase())).size < outer.length) return null;
  await writeFile(sampled, places.map((lines) => `${lines.join("\n")}\n`).join(""));
  const types = outer.map((name) => `${quoted(name)}: 'VARCHAR'`).join(", ");
  const cells = fields.map((field, place) => `nullif(${fieldSql(field)}, '') as c${place}`).join(", ");
  const linesOf = (file: string, numbers: string) =>
    `(select ${cells}${numbers} from read_ndjson([${literal(file)}], columns = {${types}},
      ignore_errors = true, maximum_object_size = ${MAX_LINE_BYTES})) as lines`;
  const numbers = ", row_number() over () as line";
  return {
    path: named,
    format: "ndjson",
    source: linesOf(path, numbers),
    unnumbered: linesOf(path, ""),
    sample: linesOf(sampled, numbers),
    columns: columnNames(fields.map((field) => field.join("."))),
    // The rows are counted with the events.
    rows: 0,
    rejected: [],
    separator: null,
    notes: [`fields are those of lines at ${PLACES} places of the file`],
  };
}

/** The whole lines of evenly spaced places; null if the first place has no line break. */
async function sampleOf(path: string): Promise<string[][] | null> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const places: string[][] = [];
    for (let place = 0; place < PLACES; place += 1) {
      const bytes = place === 0 ? MAX_LINE_BYTES : PLACE_BYTES;
      const at = Math.floor((size * place) / PLACES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
      const read = buffer.subarray(0, bytesRead);
      if (place === 0 && !read.includes(10)) return null;
      const begin = place === 0 ? 0 : read.indexOf(10) + 1;
      const end = at + bytesRead >= size ? bytesRead : read.lastIndexOf(10);
      if (begin < end) places.push(read.subarray(begin, end).toString("utf8").trimEnd().split("\n"));
    }
    return places;
  } finally {
    await file.close();
  }
}

/** SQL for a field, or a field of a field. */
function fieldSql([outer = "", ...inner]: readonly string[]): string {
  if (inner.length === 0) return quoted(outer);
  const keys = inner.map((key) => `."${key.replaceAll('"', '\\"')}"`).join("");
  return `json_extract_string(${quoted(outer)}, ${literal(`$${keys}`)})`;
}

/** The fields of sampled lines as paths, in order of appearance. */
function fieldsOf(places: readonly (readonly string[])[]): string[][] {
  const fields = new Map<string, string[]>();
  for (const text of places.flatMap((lines) => lines.slice(0, LINES_OF_PLACE))) {
    try {
      const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
      if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
      for (const found of pathsOf(value)) fields.set(JSON.stringify(found), found);
    } catch {
      // Invalid lines are counted when all lines are read.
    }
  }
  // A field that is an object in some lines only is read as its fields.
  const paths = [...fields.values()];
  return paths.filter((own) => !paths.some((other) => other.length > own.length && isWithin(own, other)));
}

const isWithin = (own: readonly string[], other: readonly string[]) => own.every((key, place) => key === other[place]);

function* pathsOf(value: object, before: readonly string[] = []): Generator<string[]> {
  for (const [key, inner] of Object.entries(value)) {
    const path = [...before, key];
    const isObject = typeof inner === "object" && inner !== null && !Array.isArray(inner);
    if (!isObject || path.length === MAX_DEPTH || KEPT_WHOLE.includes(path.join("."))) yield path;
    else yield* pathsOf(inner as object, path);
  }
}
