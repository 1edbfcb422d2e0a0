import { expect, test } from "vitest";
import { REPORT_COLUMNS, reportRows } from "../../../core/report/report-rows.ts";
import { resultsCsv } from "../../../server/api/results-csv.ts";
import { decidedReport, reportOf } from "../../core/report/report-of.ts";

/** The table that a spreadsheet reads from CSV. */
function cellsOf(csv: string): string[][] {
  expect(csv.startsWith("\ufeff")).toBe(true);
  return csv
    .slice(1)
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, text, plain]) =>
        (text ?? plain ?? "").replaceAll('""', '"'),
      ),
    );
}

const found = decidedReport([
  ["A", 3842, 476],
  ["B", 3842, 388],
]);

test("has the report's numbers, none of them rounded, and the verdict word for word", () => {
  const [header, control, group] = cellsOf(resultsCsv([found]));
  const cell = (row: string[] | undefined, name: string) => row?.[header?.indexOf(name) ?? -1];
  expect(header).toEqual(REPORT_COLUMNS);
  expect(cell(control, "group")).toBe("A");
  expect(cell(control, "p")).toBe("");
  expect(cell(group, "verdict")).toBe("B is worse");
  expect(cell(group, "verdict_text")).toBe(found.verdict.text);
  const comparison = found.goals[0]?.comparisons[0];
  expect(Number(cell(group, "p"))).toBe(comparison?.pValue);
  expect(Number(cell(group, "difference_lower"))).toBe(comparison?.differenceInterval?.[0]);
  expect(cell(group, "difference_lower")).toMatch(/^-0\.0\d+$/);
  expect([cell(control, "control"), cell(group, "control")]).toEqual(["true", "false"]);
});

test("has a row per goal and group of every report, each as wide as the header", () => {
  const others = reportOf([
    ["A", 10, 1],
    ["B", 10, 2],
    ["C", 10, 3],
  ]);
  const rows = cellsOf(resultsCsv([found, others]));
  expect(rows).toHaveLength(1 + 2 + 3);
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([REPORT_COLUMNS.length]));
  expect(reportRows(found)).toHaveLength(2);
});

test("runs nothing in a spreadsheet: titles and names that begin like a formula begin with an apostrophe", () => {
  const names = ['=cmd|"/c calc"!A1', "+1", "-1", "@SUM(A1)", "＝1"];
  const csv = resultsCsv([
    reportOf(
      names.map((name) => [name, 10, 1]),
      { experiment: { title: '=HYPERLINK("http://evil")' } },
    ),
  ]);
  const [header, ...rows] = cellsOf(csv);
  const column = (name: string) => rows.map((row) => row[header?.indexOf(name) ?? -1]);
  expect(column("group")).toEqual(names.map((name) => `'${name}`));
  expect(column("title")[0]).toBe(`'=HYPERLINK("http://evil")`);
});

test("of no reports is the header alone", () => {
  expect(cellsOf(resultsCsv([]))).toEqual([REPORT_COLUMNS]);
});
