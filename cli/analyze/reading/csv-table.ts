import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import { quoted } from "../quoted.ts";
import { type CsvLayout, type CsvSaid, csvLayout, isRule } from "./csv-layout.ts";
import { csvRecords, widthProblem } from "./csv-records.ts";
import { Rejections } from "./rejected.ts";
import { numberedFile, numberedSource, stagedSource, type Table } from "./table.ts";

const HEAD_BYTES = 262_144;
const CHUNK_BYTES = 1 << 20;
const [NEWLINE, RETURN, QUOTE, APOSTROPHE, BOM, NO_BREAK_SPACE, TAB] = [10, 13, 34, 39, 0xef, 0xa0, 9];

/** Stages a CSV file of UTF-8. */
export async function csvTable(
  engine: Engine,
  { path, named }: { readonly path: string; readonly named: string },
  said: CsvSaid,
  staged: string,
): Promise<Table> {
  const layout = await csvLayout(await headOf(path), named, said);
  const plain = await plainRows(path, layout);
  const table = {
    path: named,
    format: "csv",
    ...stagedSource(staged),
    columns: layout.columns,
    separator: layout.dialect.separator,
    notes: layout.notes,
  } as const;
  if (plain !== null) {
    const source = await copyPlain(engine, path, layout, staged, plain);
    if (source !== null) return { ...table, ...source, rows: plain.rows, rejected: [] };
  }
  return { ...table, ...(await copyParsed(engine, path, layout, staged)) };
}

/** Reads whole lines from the beginning of a file. */
async function headOf(path: string): Promise<string> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0).finally(() => file.close());
  const head = buffer.subarray(0, bytesRead);
  const end = bytesRead < HEAD_BYTES ? bytesRead : Math.max(head.lastIndexOf(NEWLINE), head.lastIndexOf(RETURN)) + 1;
  return head.subarray(0, end === 0 ? bytesRead : end).toString("utf8");
}

interface Plain {
  readonly rows: number;
  readonly bytes: number;
  /** Whether some cell begins or ends with a space. */
  readonly hasSpaces: boolean;
}

/**
 * Describes a file that needs no parser, or null: no quotes, one kind of line break, no blank lines
 * but at the end.
 */
async function plainRows(path: string, { firstLine, dialect: { separator } }: CsvLayout): Promise<Plain | null> {
  const spaces = [`${separator} `, ` ${separator}`, "\n ", " \n", " \r"];
  let hasSpaces = false;
  let size = 0;
  let [lines, returns] = [0, 0];
  let last = NEWLINE;
  let blanks = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    const bytes = chunk as Buffer;
    if (lines === 0 && bytes[0] === BOM) return null;
    size += bytes.length;
    const edge = String.fromCharCode(last, bytes[0] ?? 0);
    hasSpaces ||= spaces.some((space) => edge === space || bytes.includes(space));
    if (bytes.includes(QUOTE) || bytes.includes(APOSTROPHE) || bytes.includes(NO_BREAK_SPACE)) return null;
    if (separator !== "\t" && bytes.includes(TAB)) return null;
    if (separator === "|" && bytes.includes("--")) return null;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (byte === NEWLINE) {
        lines += 1;
        if (last === NEWLINE) blanks += 1;
        else if (blanks > 0) return null;
      } else if (byte === RETURN) returns += 1;
      else if (last === RETURN) return null;
      else if (last === NEWLINE && blanks > 0 && lines >= firstLine) return null;
      last = byte;
    }
  }
  if (blanks > 0 || (returns !== 0 && returns !== lines)) return null;
  return { rows: lines + (last === NEWLINE ? 0 : 1) - (firstLine - 1), bytes: size, hasSpaces };
}

/** Maximum size for a table in memory, which takes a third of the time of a Parquet file. */
const MAX_IN_MEMORY = 200_000_000;

/** Lets the engine split the lines, which is fastest. Null if it rejects one. */
async function copyPlain(
  engine: Engine,
  path: string,
  layout: CsvLayout,
  staged: string,
  { rows, bytes, hasSpaces }: Plain,
): Promise<Pick<Table, "source" | "sample"> | null> {
  const types = layout.columns.map((_, place) => `c${place}: 'VARCHAR'`).join(", ");
  const cells = layout.columns.map((_, place) =>
    hasSpaces ? `nullif(trim(c${place}), '') as c${place}` : `c${place}`,
  );
  const query = `select ${cells.join(", ")}
    from read_csv(${literal(path)}, auto_detect = false, header = false, skip = ${layout.firstLine - 1},
      delim = ${literal(layout.dialect.separator)}, quote = '', escape = '', nullstr = '', columns = {${types}})`;
  const isSmall = bytes <= MAX_IN_MEMORY;
  const name = quoted(basename(staged));
  try {
    await engine.run(
      isSmall ? `create temp table ${name} as ${query}` : `copy (${query}) to ${literal(staged)} (format parquet)`,
    );
  } catch {
    // A row has another width; the parser then reports which.
    return null;
  }
  const source = isSmall ? numberedSource(name, layout.firstLine) : numberedFile(staged, layout.firstLine);
  const [row] = await engine.rows<[bigint]>({ text: `select count(*) from ${source.source}`, values: [] });
  return Number(row?.[0]) === rows ? source : null;
}

/** Splits the records here, so that each unreadable one is reported with its line. */
async function copyParsed(
  engine: Engine,
  path: string,
  { dialect, columns, firstLine }: CsvLayout,
  staged: string,
): Promise<Pick<Table, "rows" | "rejected">> {
  const rejections = new Rejections();
  let rejected = 0;
  const canonical = `${staged}.csv`;
  const out = createWriteStream(canonical);
  const chunks = createReadStream(path, { encoding: "utf8", highWaterMark: CHUNK_BYTES }) as AsyncIterable<string>;
  for await (const records of csvRecords(chunks, dialect, columns.length)) {
    let text = "";
    for (const { line, cells, problem } of records) {
      if (line < firstLine || isRule({ cells }, dialect)) continue;
      if (problem !== null || cells.length !== columns.length) {
        rejected += 1;
        const reason = problem ?? widthProblem(cells.length, columns.length);
        rejections.add(reason, { line, column: null, value: cells.join(dialect.separator) });
        continue;
      }
      for (const cell of cells) text += `${canonicalCell(cell)},`;
      text += `${line}\n`;
    }
    if (text !== "" && !out.write(text)) await once(out, "drain");
  }
  await new Promise<void>((resolve, reject) => out.end((error?: Error | null) => (error ? reject(error) : resolve())));
  await copyCanonical(engine, canonical, columns.length, staged);
  return { rows: (await rowsOf(engine, staged)) + rejected, rejected: rejections.list };
}

/** Quotes a cell so that all CSV readers agree on its text. */
export function canonicalCell(cell: string): string {
  const text = cell.trim();
  return text === "" ? "" : `"${text.replaceAll('"', '""')}"`;
}

/** Stages lines of canonical cells; the last cell is the line number. */
export async function copyCanonical(engine: Engine, path: string, width: number, staged: string): Promise<void> {
  const places = Array.from({ length: width }, (_, place) => place);
  const types = [...places.map((place) => `c${place}: 'VARCHAR'`), "line: 'BIGINT'"].join(", ");
  await engine.run(`copy (
    select * from read_csv(${literal(path)}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
      nullstr = '', new_line = '\\n', max_line_size = 16777216, columns = {${types}})
  ) to ${literal(staged)} (format parquet)`);
}

export async function rowsOf(engine: Engine, staged: string): Promise<number> {
  const [row] = await engine.rows<[bigint]>({
    text: `select count(*) from read_parquet(${literal(staged)})`,
    values: [],
  });
  return Number(row?.[0] ?? 0);
}
