import { isTimestamp } from "../../core/timestamp.ts";
import { csvRecords } from "../analyze/reading/csv-records.ts";
import { type Imported, type ImportedAssignment, NotImportable } from "./imported.ts";

const COLUMNS = {
  experiment: ["experiment", "experiment_key", "test"],
  unit: ["unit", "device_id", "deviceid", "account_id", "accountid", "user_id", "session_id"],
  group: ["group", "variant", "variant_key", "bucket"],
  at: ["at", "time", "timestamp", "ts", "assigned_at"],
} as const;

/** Assignments by row: `experiment,device_id,group` and maybe a time, in any order of columns. */
export async function importCsv(text: string): Promise<Imported> {
  const assignments: ImportedAssignment[] = [];
  let places: Record<keyof typeof COLUMNS, number> | null = null;
  for await (const records of csvRecords([text], { separator: ",", quote: '"', backslash: false })) {
    for (const { line, cells, problem } of records) {
      if (problem !== null) throw new NotImportable(`line ${line}: ${problem}`);
      if (places === null) {
        places = placesOf(cells);
        continue;
      }
      const { experiment, unit, group, at } = places;
      const [key = "", id = "", name = ""] = [cells[experiment], cells[unit], cells[group]];
      if (key === "" || id === "" || name === "") throw new NotImportable(`line ${line} lacks a value`);
      const time = at === -1 ? null : (cells[at] ?? "");
      if (time !== null && !isTimestamp(time)) {
        throw new NotImportable(`line ${line}: "${time}" is no ISO 8601 time in UTC such as 2026-01-31T12:00:00Z`);
      }
      assignments.push({ experiment: key, unit: id, group: name, at: time });
    }
  }
  return { experiments: [], assignments };
}

function placesOf(header: readonly string[]): Record<keyof typeof COLUMNS, number> {
  const names = header.map((cell) => cell.trim().toLowerCase());
  const placeOf = (known: readonly string[]) => names.findIndex((name) => known.includes(name));
  const places = {
    experiment: placeOf(COLUMNS.experiment),
    unit: placeOf(COLUMNS.unit),
    group: placeOf(COLUMNS.group),
    at: placeOf(COLUMNS.at),
  };
  for (const column of ["experiment", "unit", "group"] as const) {
    if (places[column] === -1) throw new NotImportable(`no column is one of ${COLUMNS[column].join(", ")}`);
  }
  return places;
}
