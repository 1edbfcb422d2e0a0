import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Engine } from "../../../server/analysis/engine.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { canonicalCell, copyCanonical } from "./csv-table.ts";
import { tableIn } from "./json-shapes.ts";
import { Rejections, shown } from "./rejected.ts";
import { columnNames, stagedSource, type Table } from "./table.ts";

/** An array must fit in memory as a whole. */
const MAX_ARRAY_BYTES = 400_000_000;
/** Maximum depth of nested columns, such as `user.id`; deeper objects stay JSON. */
export const MAX_DEPTH = 3;
/** Objects with more fields do not form a table. */
const MAX_COLUMNS = 500;
/** Fields kept as JSON: the free parameters of our own events. */
export const KEPT_WHOLE = ["params"];

/** Characters searched for the first line. */
const CHUNK_CHARACTERS = 65_536;

interface Item {
  readonly line: number | null;
  readonly value: unknown;
  readonly text: string;
}

/** Stages a file of JSON: an object per line, or one array of objects. */
export async function jsonTable(
  engine: Engine,
  { path, named }: { readonly path: string; readonly named: string },
  staged: string,
): Promise<Table> {
  const array = await arrayOf(path, named);
  const places = new Map<string, number>();
  const rejections = new Rejections();
  const canonical = `${staged}.csv`;
  const spool = createWriteStream(canonical);
  let rows = 0;
  // Write rows only when all columns are known: later objects may have more fields.
  const kept: { line: number; cells: (string | undefined)[] }[] = [];
  for await (const { line, value, text } of array ?? linesOf(path)) {
    rows += 1;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      rejections.add(value === undefined ? "no valid JSON" : "no object", { line, column: null, value: text });
      continue;
    }
    const cells: (string | undefined)[] = [];
    for (const [name, cell] of fields(value)) {
      let place = places.get(name);
      if (place === undefined) {
        place = places.size;
        if (place >= MAX_COLUMNS) throw new BadConfig(`${named} has more than ${MAX_COLUMNS} different fields`);
        places.set(name, place);
      }
      cells[place] = cell;
    }
    kept.push({ line: line ?? rows, cells });
  }
  if (kept.length === 0) {
    const [example] = rejections.list.flatMap(({ examples }) => examples);
    throw new BadConfig(
      `${named} has no object: ${example ? `line ${example.line ?? 1} is ${example.value}` : "it is empty"}`,
    );
  }
  const width = places.size;
  let text = "";
  for (const { line, cells } of kept) {
    for (let place = 0; place < width; place += 1) text += `${canonicalCell(cells[place] ?? "")},`;
    text += `${line}\n`;
    if (text.length > 1 << 20) {
      if (!spool.write(text)) await once(spool, "drain");
      text = "";
    }
  }
  await new Promise<void>((resolve, reject) =>
    spool.end(text, (error?: Error | null) => (error ? reject(error) : resolve())),
  );
  await copyCanonical(engine, canonical, width, staged);
  return {
    path: named,
    format: array ? "json" : "ndjson",
    ...stagedSource(staged),
    columns: columnNames([...places.keys()]),
    rows,
    rejected: rejections.list,
    separator: null,
    notes: [],
  };
}

/** The items of an array, or of an object's one array; null for objects in lines. */
async function arrayOf(path: string, named: string): Promise<Item[] | null> {
  const { size } = await stat(path);
  const first = await firstCharacters(path);
  const end = first.search(/[\r\n]|$/);
  const [line, rest] = [first.slice(0, end).trim(), first.slice(end).trim()];
  const value = first.startsWith("{") ? parsed(withoutComma(line)) : undefined;
  if (value !== undefined) {
    if (rest !== "") return null;
    return tableIn(value)?.map((item) => ({ line: null, value: item, text: JSON.stringify(item) })) ?? null;
  }
  if (first.startsWith("{") && rest === "" && first.length >= CHUNK_CHARACTERS / 2) {
    const whole = size > MAX_ARRAY_BYTES ? undefined : parsed((await readFile(path, "utf8")).replace(/^\ufeff/, ""));
    return tableIn(whole)?.map((item) => ({ line: null, value: item, text: JSON.stringify(item) })) ?? null;
  }
  // An object over several lines opens on the first one; otherwise a bad first line is one of many.
  if (first.startsWith("{") && !/[,{[:]$/.test(line)) return null;
  if (size > MAX_ARRAY_BYTES) {
    throw new BadConfig(
      `${named} is one JSON document of ${size} bytes: allowed are ${MAX_ARRAY_BYTES}, or an object per line`,
    );
  }
  const text = (await readFile(path, "utf8")).replace(/^\ufeff/, "");
  let whole: unknown;
  try {
    whole = parse(text);
  } catch (error) {
    const objects = pretty(text);
    if (objects) return objects;
    throw new BadConfig(`${named} is no valid JSON: ${shown((error as Error).message)}`);
  }
  const items = tableIn(whole);
  if (!items) {
    throw new BadConfig(
      `${named} is one JSON object with the fields ${shown(Object.keys(whole as object).join(", "))}: allowed are an array of objects, or an object per line`,
    );
  }
  return items.map((value) => ({ line: null, value, text: JSON.stringify(value) }));
}

/** Parses consecutive objects of several lines each. */
function pretty(text: string): Item[] | null {
  try {
    const items = parse(`[${text.replace(/\}\s*\n\s*\{/g, "},{")}]`) as unknown[];
    return items.map((value) => ({ line: null, value, text: JSON.stringify(value) }));
  } catch {
    return null;
  }
}

async function* linesOf(path: string): AsyncGenerator<Item> {
  let line = 0;
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    line += 1;
    const clean = line === 1 ? text.replace(/^\ufeff/, "") : text;
    if (clean.trim() === "") continue;
    yield { line, value: parsed(withoutComma(clean)), text: clean };
  }
}

/** Parses JSON; whole numbers of more than 15 digits, which are IDs or nanoseconds, stay text. */
function parse(text: string): unknown {
  const whole = /\d{16}/.test(text)
    ? text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (token) => (token.startsWith('"') ? token : `"${token}"`))
    : text;
  try {
    return JSON.parse(whole);
  } catch (error) {
    // Python writes NaN, which is missing, and Infinity, which is no number of a report.
    if (!/\bNaN\b|\bInfinity\b/.test(whole)) throw error;
    return JSON.parse(
      whole.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
        token.startsWith('"') ? token : token === "NaN" ? "null" : `"${token}"`,
      ),
    );
  }
}

/** A line of an array whose brackets were cut off has a comma behind. */
const withoutComma = (line: string) => line.replace(/\}\s*,\s*$/, "}");

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

async function firstCharacters(path: string): Promise<string> {
  for await (const chunk of createReadStream(path, { encoding: "utf8", end: CHUNK_CHARACTERS - 1 })) {
    return (chunk as string).replace(/^\ufeff/, "").trimStart();
  }
  return "";
}

function* fields(object: object, prefix = "", depth = 1): Generator<[name: string, cell: string | undefined]> {
  for (const [key, value] of Object.entries(object)) {
    const name = `${prefix}${key}`;
    if (value === null || value === undefined) yield [name, undefined];
    else if (typeof value !== "object") yield [name, String(value)];
    else if (Array.isArray(value) || depth === MAX_DEPTH || KEPT_WHOLE.includes(name))
      yield [name, JSON.stringify(value)];
    else yield* fields(value, `${name}.`, depth + 1);
  }
}
