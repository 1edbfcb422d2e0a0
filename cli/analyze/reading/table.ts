import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Rejected } from "./rejected.ts";

export type Format = "csv" | "ndjson" | "json" | "parquet";

/** What a file has, before anything is said about its meaning. */
export interface Table {
  /** As it was given. */
  readonly path: string;
  readonly format: Format;
  /**
   * What a query selects from: a text column for each of the file's columns (`c0`, `c1` …, trimmed,
   * null where nothing stands), and the `line` of each row.
   */
  readonly source: string;
  /**
   * Some of the rows, where it takes long to read all of them; what columns look like is told from
   * these.
   */
  readonly sample: string;
  /** Names in the file's order; unique. */
  readonly columns: readonly string[];
  /** Rows of the file, rejected ones included. */
  readonly rows: number;
  readonly rejected: readonly Rejected[];
  /** How it was read, where that is not the usual way: its encoding, separator, title lines. */
  readonly notes: readonly string[];
}

/** Unique names: a column without one gets its place, a name that comes again too. */
export function columnNames(header: readonly string[]): string[] {
  const seen = new Set<string>();
  return header.map((cell, place) => {
    const named = cell.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
    const name = named === "" ? `column ${place + 1}` : named;
    const unique = seen.has(name) ? `${name} (column ${place + 1})` : name;
    seen.add(unique);
    return unique;
  });
}

/** A column's name as the file has it, where it has it twice. */
export const withoutPlace = (unique: string) => unique.replace(/(.) \(column \d+\)$/, "$1");

/** A Parquet file of our own that has a table's rows. */
export function stagedSource(path: string): Pick<Table, "source" | "sample"> {
  const source = `read_parquet(${literal(path)})`;
  return { source, sample: source };
}

/** A table of the engine's own, whose rows are lines, from the first one on. */
export function numberedSource(name: string, firstLine: number): Pick<Table, "source" | "sample"> {
  const source = `(select *, rowid + ${firstLine} as line from ${name}) as numbered`;
  return { source, sample: source };
}

/** The same of a Parquet file. */
export function numberedFile(path: string, firstLine: number): Pick<Table, "source" | "sample"> {
  const source = `(select * exclude (file_row_number), file_row_number + ${firstLine} as line
    from read_parquet(${literal(path)}, file_row_number = true)) as numbered`;
  return { source, sample: source };
}
