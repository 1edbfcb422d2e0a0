import { stringify } from "csv-stringify/sync";
import { REPORT_COLUMNS, reportRows } from "../core/report/report-rows.ts";
import type { Report } from "../core/report.ts";
import { SPREADSHEET_CSV } from "./spreadsheet-csv.ts";

/** A report as CSV, a row for each goal and group. */
export function resultsCsv(report: Report): string {
  return stringify(reportRows(report), { ...SPREADSHEET_CSV, columns: [...REPORT_COLUMNS] });
}
