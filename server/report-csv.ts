import { stringify } from "csv-stringify/sync";
import { REPORT_COLUMNS, reportRows } from "../core/report/report-rows.ts";
import type { Report } from "../core/report.ts";

/**
 * Reports as CSV (RFC 4180), a row per goal and group, for spreadsheets: see `historyCsv` for the byte order mark, the quotes
 * and the apostrophe before texts that a spreadsheet would run. Numbers are as they are, an empty cell is none.
 */
export function reportCsv(reports: readonly Report[]): string {
  return stringify(reports.flatMap(reportRows), {
    bom: true,
    header: true,
    columns: [...REPORT_COLUMNS],
    quoted_string: true,
    escape_formulas: true,
    record_delimiter: "\r\n",
    cast: { boolean: (value) => (value ? "true" : "false") },
  });
}
