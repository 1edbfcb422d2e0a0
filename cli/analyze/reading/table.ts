import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Rejected } from "./rejected.ts";

export type Format = "csv" | "ndjson" | "json" | "parquet";

/** The content of a file, before its columns have roles. */
export interface Table {
  /** Path as given by the user. */
  readonly path: string;
  readonly format: Format;
  /**
   * SQL to select from: a text column for each of the file's columns (`c0`, `c1` …, trimmed, null
   * if empty), and the `line` of each row.
   */
  readonly source: string;
  /**
   * The rows in the file's order without `line`, for a large file: numbering rows while they are
   * read would leave the reading to one thread.
   */
  readonly unnumbered?: string;
  /** A sample of the rows, if reading all takes long; column facts come from it. */
  readonly sample: string;
  /** Names in the file's order; unique. */
  readonly columns: readonly string[];
  /** Rows of the file, rejected ones included. */
  readonly rows: number;
  readonly rejected: readonly Rejected[];
  /** Sign between the cells of a CSV file; null for other formats. */
  readonly separator: string | null;
  /** Unusual properties of the file: its encoding, separator, title lines. */
  readonly notes: readonly string[];
}

/** Makes names unique: a missing or repeated name gets the column's number. */
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

/** A column's name as in the file, without the number of a repeated name. */
export const withoutPlace = (unique: string) => unique.replace(/(.) \(column \d+\)$/, "$1");

/** A staged Parquet file with a table's rows. */
export function stagedSource(path: string): Pick<Table, "source" | "sample"> {
  const source = `read_parquet(${literal(path)})`;
  return { source, sample: source };
}

/** A table of the engine, whose rows are consecutive lines from `firstLine` on. */
export function numberedSource(name: string, firstLine: number): Pick<Table, "source" | "sample"> {
  const source = `(select *, rowid + ${firstLine} as line from ${name}) as numbered`;
  return { source, sample: source };
}

/** A Parquet file, whose rows are consecutive lines from `firstLine` on. */
export function numberedFile(path: string, firstLine: number): Pick<Table, "source" | "sample"> {
  const source = `(select * exclude (file_row_number), file_row_number + ${firstLine} as line
    from read_parquet(${literal(path)}, file_row_number = true)) as numbered`;
  return { source, sample: source };
}
