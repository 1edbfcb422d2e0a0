import { open, stat } from "node:fs/promises";
import { extname } from "node:path";
import type { Engine } from "../../../server/analysis/engine.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import type { InputFile } from "../input-files.ts";
import { decompressed } from "./compression.ts";
import type { CsvSaid } from "./csv-layout.ts";
import { csvTable } from "./csv-table.ts";
import { asUtf8 } from "./encoding.ts";
import { jsonTable } from "./json-table.ts";
import { largeNdjsonTable } from "./large-ndjson-table.ts";
import { parquetTable } from "./parquet-table.ts";
import type { Table } from "./table.ts";

/** Size from which the engine reads lines of JSON. */
const LARGE_BYTES = 48_000_000;

/**
 * Reads a file in any format, detected by content, not by name. Throws BadConfig naming the file
 * and the problem.
 */
export async function readTable(
  engine: Engine,
  { path, named }: InputFile,
  said: CsvSaid & { readonly encoding: string | null },
  work: string,
): Promise<Table> {
  const content = await decompressed(path, named, (layer) => `${work}.${layer}`);
  const { size } = await stat(content.path);
  if (size === 0) throw new BadConfig(`${named} is empty`);
  const staged = `${work}.parquet`;
  const notes = content.compression.length === 0 ? [] : [`compressed: ${content.compression.join(", ")}`];
  if (content.isParquet) {
    const table = await parquetTable(engine, { path: content.path, named }, staged);
    return { ...table, notes: [...notes, ...table.notes] };
  }
  const isLines = await isJson(content.path);
  // JSON is UTF-8 by definition, and checking a large log takes as long as reading it.
  const isTrusted = isLines && size > LARGE_BYTES && said.encoding === null;
  const text = isTrusted
    ? { path: content.path, encoding: "utf-8" }
    : await asUtf8(content.path, named, said.encoding, `${work}.txt`);
  if (text.encoding !== "utf-8") notes.push(`encoding: ${text.encoding}`);
  const file = { path: text.path, named };
  const table = (await isJson(text.path))
    ? ((size > LARGE_BYTES && (await isObject(text.path))
        ? await largeNdjsonTable(text.path, named, `${work}.sample.ndjson`)
        : null) ?? (await jsonTable(engine, file, staged)))
    : await csvTable(engine, file, usualSeparator(named, said), staged);
  return { ...table, notes: [...notes, ...table.notes] };
}

function usualSeparator(named: string, said: CsvSaid): CsvSaid {
  return said.separator === null && /\.tsv(\.|$)/i.test(named) ? { ...said, separator: "\t" } : said;
}

const isJson = async (path: string) => /^[{[]/.test(await firstCharacter(path));
const isObject = async (path: string) => (await firstCharacter(path)) === "{";

async function firstCharacter(path: string): Promise<string> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0).finally(() => file.close());
  return buffer
    .subarray(0, bytesRead)
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart()
    .slice(0, 1);
}

/** File extensions of unsupported formats. */
const NOT_READ = [".xlsx", ".xls", ".xlsm", ".ods", ".numbers", ".docx", ".pdf", ".sav", ".dta", ".rds", ".pkl"];

export const isNotRead = (path: string) => NOT_READ.includes(extname(path).toLowerCase());
