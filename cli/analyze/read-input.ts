import { basename, extname } from "node:path";
import { literal } from "../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import { compacted } from "../../server/analysis/log-source.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { type Field, fieldsOf, quoted, SPELLINGS } from "./columns.ts";
import type { InputFile } from "./input-files.ts";

/** What a file had. `rows` = those that count + refused. */
export interface ReadInput {
  readonly path: string;
  readonly format: InputFile["format"];
  /** A row is an event, or a device with what came of it. */
  readonly kind: "events" | "devices";
  readonly rows: number;
  readonly refused: readonly { readonly reason: string; readonly rows: number }[];
}

/** What a column of a device's outcome may say. */
const YES = "('1', 'true', 't', 'yes', 'y', '1.0')";
const NO = "('0', 'false', 'f', 'no', 'n', '0.0', '')";

/**
 * Writes a file's events, as the log has them, to a compacted file, and says what it refused and why: nothing is left out
 * without being counted. Throws BadConfig when no column can be a device.
 */
export async function readInput(
  engine: Engine,
  { path, format }: InputFile,
  index: number,
  to: string,
): Promise<ReadInput> {
  const source = sourceOf(path, format);
  const columns = format === "ndjson" ? SPELLINGS : await columnsOf(engine, source, path);
  const fields = fieldsOf(columns);
  const kind = fields.has("name") ? "events" : "devices";
  if (format !== "ndjson" && (!fields.has("device") || !(fields.has("name") || fields.has("group")))) {
    throw new BadConfig(
      `${path} has the columns ${columns.join(", ")}: needed are device_id (or user_id), and event (a row per event) or group (a row per device)`,
    );
  }
  const column = columnsIn(format, fields);
  await engine.run(`create or replace temp table given as select row_number() over () as n, * from ${source}`);
  await engine.run(
    `create or replace temp table checked as ${kind === "events" ? eventRows(column, index) : deviceRows(column, index)}`,
  );
  const counts = await engine.rows<[string | null, bigint]>({
    text: "select refused, count(*) from checked group by refused order by 2 desc, 1",
    values: [],
  });
  const outcomes = kind === "events" ? [] : outcomesOf(columns, fields);
  const events =
    kind === "events"
      ? "select *, n as place from checked where refused is null"
      : deviceEvents(outcomes, nameOf(path), index);
  await engine.run(`copy (${compacted(events)}) to ${literal(to)} (format parquet)`);
  await engine.run("drop table given");
  await engine.run("drop table checked");
  return {
    path,
    format,
    kind,
    rows: counts.reduce((sum, [, rows]) => sum + Number(rows), 0),
    refused: counts.flatMap(([reason, rows]) => (reason === null ? [] : [{ reason, rows: Number(rows) }])),
  };
}

function sourceOf(path: string, format: InputFile["format"]): string {
  if (format === "parquet") return `read_parquet(${literal(path)})`;
  if (format === "csv")
    return `read_csv(${literal(path)}, all_varchar = true, header = true, null_padding = true, ignore_errors = true)`;
  const columns = SPELLINGS.map((name) => `${literal(name)}: 'VARCHAR'`).join(", ");
  return `read_ndjson([${literal(path)}], columns = {${columns}}, ignore_errors = true, maximum_object_size = 1048576)`;
}

async function columnsOf(engine: Engine, source: string, path: string): Promise<string[]> {
  try {
    const rows = await engine.rows<[string]>({
      text: `select column_name from (describe select * from ${source})`,
      values: [],
    });
    return rows.map(([name]) => name);
  } catch (error) {
    throw new BadConfig(`${path} cannot be read: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** A field as text; of lines of JSON whichever spelling a line has. */
function columnsIn(format: InputFile["format"], fields: ReadonlyMap<Field, string>) {
  return (field: Field): string => {
    const name = fields.get(field);
    if (name === undefined) return "cast(null as varchar)";
    if (format !== "ndjson") return `nullif(trim(cast(${quoted(name)} as varchar)), '')`;
    const spellings = SPELLINGS.filter((spelling) => fieldsOf([spelling]).has(field));
    return `nullif(coalesce(${spellings.map(quoted).join(", ")}), '')`;
  };
}

/** Seconds and milliseconds since 1970 have 10 and 13 digits in our days. Without a zone it is UTC. */
function timeOf(text: string): string {
  return `case when regexp_full_match(${text}, '\\d{10}') then 1000 * cast(${text} as bigint)
    when regexp_full_match(${text}, '\\d{13}') then cast(${text} as bigint)
    else epoch_ms(try_cast(${text} as timestamptz)) end`;
}

function eventRows(column: (field: Field) => string, index: number): string {
  return `
  select n, id, hash(id) as fingerprint, at_ms, device, name, experiment,
    coalesce(try_cast(epoch as bigint), case when name = 'exposure' then 1 end) as epoch, grp,
    try_cast(value as double) as value, run, session,
    case
      when device is null and name is null and ts is null and experiment is null then 'no field of an event'
      when device is null then 'no device id'
      when name is null then 'no event name'
      when at_ms is null then 'no time, or none that can be read'
      when epoch is not null and try_cast(epoch as bigint) is null then 'the epoch is no whole number'
      when value is not null and not coalesce(isfinite(try_cast(value as double)), false) then 'the value is no number'
      when name = 'exposure' and (experiment is null or grp is null) then 'an exposure without experiment or group'
    end as refused
  from (
    select n, coalesce(${column("id")}, 'row ${index} ' || n) as id, ${column("device")} as device, ${column("name")} as name,
      ${column("ts")} as ts, ${timeOf(column("ts"))} as at_ms, ${column("experiment")} as experiment,
      ${column("epoch")} as epoch, ${column("group")} as grp, ${column("value")} as value, ${column("run")} as run,
      ${column("session")} as session
    from given
  ) as fields`;
}

/** Without times all devices came at once. */
function deviceRows(column: (field: Field) => string, index: number): string {
  return `
  select *, case
      when device is null then 'no device id'
      when grp is null then 'no group'
      when at_ms is null then 'no time, or none that can be read'
    end as refused
  from (
    select *, 'row ${index} ' || n as row_id, ${column("device")} as device, ${column("group")} as grp,
      case when ${column("ts")} is null then 0 else ${timeOf(column("ts"))} end as at_ms
    from given
  ) as fields`;
}

/** The columns that are no fields: what came of a device. */
function outcomesOf(columns: readonly string[], fields: ReadonlyMap<Field, string>): string[] {
  const known = new Set([...fields].filter(([field]) => field !== "value").map(([, column]) => column));
  return columns.filter((column) => !known.has(column) && column !== "");
}

/** An exposure for each device, and an event for each of its outcomes that is yes or a number other than 0. */
function deviceEvents(outcomes: readonly string[], experiment: string, index: number): string {
  const columns = (id: string, name: string, value: string, isExposure: boolean) =>
    `select row_id || ${literal(` ${id}`)} as id, at_ms, device, ${literal(name)} as name,
      ${isExposure ? literal(experiment) : "cast(null as varchar)"} as experiment,
      ${isExposure ? "cast(1 as bigint)" : "cast(null as bigint)"} as epoch, grp, ${value} as value, n`;
  const parts = outcomes.map((column, place) => {
    const said = `lower(trim(cast(${quoted(column)} as varchar)))`;
    const number = `try_cast(${said} as double)`;
    const isBinary = `(select bool_and(${said} is null or ${said} in ${YES} or ${said} in ${NO}) from checked)`;
    return `${columns(`outcome ${place}`, column, `case when ${isBinary} then null else ${number} end`, false)} from checked
      where refused is null and case when ${isBinary} then ${said} in ${YES} else coalesce(isfinite(${number}) and ${number} <> 0, false) end`;
  });
  const all = [
    `${columns("exposure", "exposure", "cast(null as double)", true)} from checked where refused is null`,
    ...parts,
  ];
  return `select id, hash(id) as fingerprint, cast(at_ms as bigint) as at_ms, device, name, experiment, epoch, grp, value,
    cast(null as varchar) as run, cast(null as varchar) as session, n as place /* of file ${index} */
  from (${all.join("\nunion all\n")}) as events`;
}

function nameOf(path: string): string {
  return basename(path, extname(path));
}
