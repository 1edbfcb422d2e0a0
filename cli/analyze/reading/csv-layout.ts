import { BadConfig } from "../../../server/files/bad-config.ts";
import { type CsvRecord, csvRecords, type Dialect } from "./csv-records.ts";
import { shown } from "./rejected.ts";
import { columnNames } from "./table.ts";

/** Location of a CSV file's header and rows. */
export interface CsvLayout {
  readonly dialect: Dialect;
  /** Unique names. */
  readonly columns: readonly string[];
  /** Line of the first row. */
  readonly firstLine: number;
  readonly notes: readonly string[];
}

export interface CsvSaid {
  /** Null to detect it. */
  readonly separator: string | null;
  /** Column names for a file without a header; null if the file has one. */
  readonly header: readonly string[] | null;
}

const SEPARATORS = [",", ";", "\t", "|", "\u0001"] as const;
const NAMES: Readonly<Record<string, string>> = { "\t": "tab", "\u0001": "\\x01" };
const separatorName = (separator: string) => NAMES[separator] ?? separator;

/** Records examined to find the separator; arbitrary. */
const LOOKED_AT = 500;
/** Maximum number of title lines above a header; arbitrary. */
const MAX_TITLE_LINES = 20;

/** Finds the separator, the header and the first row. Throws BadConfig without a header. */
export async function csvLayout(head: string, named: string, said: CsvSaid): Promise<CsvLayout> {
  const text = head.replace(/^\ufeff/, "");
  if (text.trim() === "") throw new BadConfig(`${named} is empty: it has no line with text`);
  if (/^\s*<(!doctype|\?xml|html|table|[a-z]+[ >])/i.test(text)) {
    throw new BadConfig(`${named} is HTML or XML: save its table as CSV`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Hive's separator is one
  if (/[\0\x02-\x08\x0e-\x1a]/.test(text)) throw new BadConfig(`${named} is no text: it has control characters`);
  const [, directive] = /^"?sep=(.|\\t)"?\s*(?:\r|\n)/i.exec(text) ?? [];
  const separator = said.separator ?? (directive === "\\t" ? "\t" : directive) ?? null;
  const found: { dialect: Dialect; records: CsvRecord[]; width: number; score: number }[] = [];
  for (const candidate of separator === null ? SEPARATORS : [separator]) {
    const dialect = dialectOf(text, candidate);
    const records = (await recordsOf(text, dialect)).filter(
      (record) => !(directive && record.line === 1) && !isRule(record, dialect),
    );
    const width = usualWidth(records);
    const first = records.findIndex(({ cells }) => cells.length === width);
    // Lines above the header are titles; below it, every row should be as wide.
    const below = records.slice(first);
    const score = below.filter(({ cells }) => cells.length === width).length / Math.max(1, below.length + first / 2);
    found.push({ dialect, records, width, score });
  }
  const fits = found
    .filter(({ width }) => width > 1)
    .sort((a, b) => (Math.abs(a.score - b.score) > 0.02 ? b.score - a.score : b.width - a.width));
  const best = fits[0] ?? found[0];
  if (!best || best.records.length === 0) throw new BadConfig(`${named} is empty: it has no line with text`);
  if (best.width < 2) {
    const [line] = best.records;
    throw new BadConfig(
      `${named} has one column, "${shown(line?.cells[0] ?? "")}": allowed are columns with one of , ; tab | between, or --separator`,
    );
  }
  return layoutOf(best, named, said, directive !== undefined);
}

function layoutOf(
  { dialect, records, width }: { dialect: Dialect; records: readonly CsvRecord[]; width: number },
  named: string,
  { header, separator }: CsvSaid,
  hasDirective: boolean,
): CsvLayout {
  const notes =
    separator === null && dialect.separator !== "," ? [`separator: ${separatorName(dialect.separator)}`] : [];
  if (header !== null) {
    if (header.length !== width) {
      throw new BadConfig(`--header names ${header.length} columns, and ${named} has ${width}`);
    }
    return { dialect, columns: columnNames(header), firstLine: hasDirective ? 2 : 1, notes };
  }
  const place = headerPlace(records, width);
  const record = records[place] as CsvRecord;
  const next = records[place + 1];
  let cells = record.cells.map((cell) => cell.trim());
  if (cells.length === width - 1) {
    const rows = records.slice(place + 1).filter((row) => row.cells.length === width);
    if (rows.every((row) => row.cells.at(-1)?.trim() === "")) cells = [...cells, ""];
    else if (haveNames(rows)) {
      cells = ["", ...cells];
      notes.push("rows have names in front, which the header does not name");
    } else {
      throw new BadConfig(
        `${named}, line ${record.line}: the header has ${width - 1} names, and rows have ${width} cells: ${shown(rows[0]?.cells.join(dialect.separator) ?? "")}; cells that have a ${separatorName(dialect.separator)} in them need quotes`,
      );
    }
  }
  if (isRow(cells, records.slice(place + 1, place + 6))) {
    throw new BadConfig(
      `${named} has no header: line ${record.line} is ${shown(record.cells.join(dialect.separator))}; name its ${width} columns by --header, such as --header user_id,group,converted`,
    );
  }
  if (!next) throw new BadConfig(`${named} has a header and no row: ${shown(cells.join(", "))}`);
  if (place > 0) notes.push(`${place} title ${place === 1 ? "line" : "lines"} above the header`);
  if (cells[0]?.startsWith("#")) cells = [cells[0].slice(1).trim(), ...cells.slice(1)];
  return { dialect, columns: columnNames(cells), firstLine: next.line, notes };
}

/**
 * Finds the first record as wide as the rows with a name in nearly every cell; a padded title has
 * only one cell.
 */
function headerPlace(records: readonly CsvRecord[], width: number): number {
  const above = records.slice(0, MAX_TITLE_LINES + 1);
  const filled = ({ cells }: CsvRecord) => cells.filter((cell) => cell.trim() !== "").length;
  const place = above.findIndex(({ cells }, at) => {
    if (cells.length === width - 1) return at === 0 && records[1]?.cells.length === width && width > 2;
    return cells.length === width;
  });
  const first = Math.max(0, place);
  const candidate = records[first];
  if (candidate && filled(candidate) <= width / 2) {
    const named = above.findIndex(
      (record, at) => at > first && record.cells.length === width && filled(record) > width / 2,
    );
    if (named > 0) return named;
  }
  return first;
}

const NUMBER = /^[+-]?\d+([.,]\d+)*%?$/;

/** Whether a supposed header is a data row: it has numbers wherever the rows below have numbers. */
function isRow(cells: readonly string[], below: readonly CsvRecord[]): boolean {
  const numeric = cells.flatMap((cell, column) => {
    const others = below.map((record) => record.cells[column]?.trim() ?? "").filter((other) => other !== "");
    return others.length > 0 && others.every((other) => NUMBER.test(other)) ? [cell] : [];
  });
  return numeric.some((cell) => NUMBER.test(cell)) && numeric.every((cell) => NUMBER.test(cell));
}

/**
 * Whether the first cells are R's row names, which have no header: numbers from 1 on, or distinct
 * texts.
 */
function haveNames(rows: readonly CsvRecord[]): boolean {
  const names = rows.map((row) => row.cells[0]?.trim() ?? "");
  const [first = ""] = names;
  if (/^\d+$/.test(first)) return names.every((name, place) => name === String(Number(first) + place));
  return new Set(names).size === names.length && names.every((name) => !NUMBER.test(name));
}

/** Whether a record is a line of dashes below a header, as in SQL clients and Markdown. */
export function isRule({ cells }: Pick<CsvRecord, "cells">, { separator }: Dialect): boolean {
  return separator === "|" && cells.join("|").includes("--") && cells.every((cell) => /^[\s+:-]*$/.test(cell));
}

function dialectOf(text: string, separator: string): Dialect {
  const usual = { separator, quote: '"', backslash: /\\"/.test(text) && !/""/.test(text.replaceAll('\\"', "")) };
  if (text.includes('"')) return usual;
  // Some programs quote with apostrophes, in the header too.
  const first = text.slice(0, text.search(/[\r\n]|$/));
  return /^'[^']*'(?:.'[^']*')+$/.test(first) ? { ...usual, quote: "'" } : usual;
}

async function recordsOf(text: string, dialect: Dialect): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const some of csvRecords([text], dialect)) records.push(...some);
  return records.slice(0, LOOKED_AT);
}

function usualWidth(records: readonly CsvRecord[]): number {
  const counts = new Map<number, number>();
  for (const { cells } of records) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  // Prefer the wider of equally frequent widths: rows are wider than titles, which may even be more
  // frequent.
  const [most, ...others] = [...counts].sort(([a, m], [b, n]) => n - m || b - a);
  const [wider] = others.filter(([width, count]) => width > 1 && count > 1);
  const isTitles = most?.[0] === 1 && most[1] <= MAX_TITLE_LINES && records.at(-1)?.cells.length === wider?.[0];
  return (isTitles ? wider?.[0] : most?.[0]) ?? 0;
}
