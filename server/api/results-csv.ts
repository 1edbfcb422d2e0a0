import { stringify } from "csv-stringify/sync";
import type { Report } from "../../core/report/report.ts";
import { REPORT_COLUMNS, reportRows } from "../../core/report/report-rows.ts";
import { SPREADSHEET_CSV } from "../http/csv.ts";

/** Reports as CSV, a row for each goal and group. */
export function resultsCsv(reports: readonly Report[]): string {
  return stringify(reports.flatMap(reportRows), { ...SPREADSHEET_CSV, columns: [...REPORT_COLUMNS] });
}
