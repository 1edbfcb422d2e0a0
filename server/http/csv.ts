import type { Options } from "csv-stringify";

/**
 * CSV (RFC 4180) for spreadsheets, with a byte order mark, without which Excel does not read UTF-8.
 * Every cell is quoted, because Excel ends a row at a bare CR. A text that begins like a formula (=
 * + - @ tab CR) is prefixed with an apostrophe: people choose titles, and a spreadsheet would run
 * them.
 */
export const SPREADSHEET_CSV = {
  bom: true,
  header: true,
  quoted: true,
  quoted_empty: true,
  escape_formulas: true,
  record_delimiter: "\r\n",
  cast: { boolean: String },
} as const satisfies Options;

export const CSV_TYPE = "text/csv; charset=utf-8; header=present";
