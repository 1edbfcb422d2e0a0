import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import { quoted } from "../quoted.ts";
import { columnNames, type Table } from "./table.ts";

/** Lines examined for field names; arbitrary. */
const FIRST_LINES = 2000;
const MAX_LINE_BYTES = 1_048_576;
const SAMPLED_ROWS = 50_000;

/**
 * A table that the engine reads from the lines on every query: copying all would take longer than
 * counting them. Null if two fields of the first lines differ only in case, which the engine cannot
 * distinguish.
 */
export async function largeNdjsonTable(path: string, named: string): Promise<Table | null> {
  const fields = await fieldsOf(path);
  if (fields === null || fields.length === 0) return null;
  if (new Set(fields.map((name) => name.toLowerCase())).size < fields.length) return null;
  const types = fields.map((name) => `${quoted(name)}: 'VARCHAR'`).join(", ");
  const cells = fields.map((name, place) => `nullif(${quoted(name)}, '') as c${place}`).join(", ");
  const lines = `read_ndjson([${literal(path)}], columns = {${types}}, ignore_errors = true, maximum_object_size = ${MAX_LINE_BYTES})`;
  const source = `(select ${cells}, row_number() over () as line from ${lines}) as lines`;
  return {
    path: named,
    format: "ndjson",
    source,
    sample: `(select ${cells}, row_number() over () as line from (select * from ${lines} limit ${SAMPLED_ROWS})) as lines`,
    columns: columnNames(fields),
    // The rows are counted with the events.
    rows: 0,
    rejected: [],
    separator: null,
    notes: [`fields are those of the first ${FIRST_LINES.toLocaleString("en")} lines`],
  };
}

/** The fields of the first lines, in order of appearance. */
async function fieldsOf(path: string): Promise<string[] | null> {
  const fields = new Set<string>();
  for await (const chunk of createReadStream(path, { end: MAX_LINE_BYTES - 1, highWaterMark: MAX_LINE_BYTES })) {
    // One document, or lines longer than the engine's limit.
    if (!(chunk as Buffer).includes(10)) return null;
    break;
  }
  const input = createReadStream(path, "utf8");
  let line = 0;
  for await (const text of createInterface({ input })) {
    line += 1;
    if (line > FIRST_LINES) break;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        for (const name of Object.keys(value)) fields.add(name);
      }
    } catch {
      // Invalid lines are counted when all lines are read.
    }
  }
  input.destroy();
  return [...fields];
}
