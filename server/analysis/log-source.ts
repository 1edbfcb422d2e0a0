import { MAX_CLOCK_ERROR_MS } from "../../core/wrong-clock.ts";
import { literal } from "./duckdb-dialect.ts";
import type { Source } from "./query.ts";

/** A file of events; the log is the files one after the other. */
export interface EventFile {
  readonly path: string;
  readonly format: "ndjson" | "parquet";
  /** Whether no id is in it twice, or in a file before it that says the same of itself. */
  readonly isDistinct?: boolean;
}

/** The fields of an event that results depend on; whatever else a line has is not looked at. */
const FIELDS = {
  id: "VARCHAR",
  ts: "VARCHAR",
  deviceId: "VARCHAR",
  event: "VARCHAR",
  experiment: "VARCHAR",
  epoch: "BIGINT",
  group: "VARCHAR",
  value: "DOUBLE",
  run: "VARCHAR",
  path: "VARCHAR",
  // Whatever a page sends; only text is a session.
  session_id: "JSON",
  sessionId: "JSON",
  // Lines of before it was ours may have anything there.
  clockMs: "JSON",
};

const textOf = (column: string) => `case when json_type(${column}) = 'VARCHAR' then nullif(${column} ->> '$', '') end`;

/**
 * 128 bits of a device's id: to compare and to group them takes half the time that it takes with texts, but to make one
 * takes longer, so that lines alone keep their texts. Chance does not make two alike, and who does so on purpose could as
 * well have sent one device.
 */
const keyOf = (device: string) => `cast(md5(${device}) as uuid)`;

/**
 * The columns of `Source` from lines of JSON. A line that is no event is passed over, as by all readers of the log, which
 * counts it among its unreadable lines. Digits of a time behind the millisecond are cut off before they can be rounded;
 * nearly all have none, and 24 characters.
 */
function fromLines(files: string, device: string, place: string): string {
  const columns = Object.entries(FIELDS).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  return `select id, hash(id) as fingerprint, epoch_ms(try_cast(case when strlen(ts) = 24 then ts else left(ts, 23) end as timestamp)) as at_ms,
    ${device} as device, event as name, experiment, epoch, "group" as grp, value, run, path,
    case when session_id is not null or sessionId is not null
      then coalesce(${textOf("session_id")}, ${textOf("sessionId")}) end as session,
    clockMs is not null and json_type(clockMs) in ('BIGINT', 'UBIGINT', 'DOUBLE')
      and abs(cast(clockMs as double)) > ${MAX_CLOCK_ERROR_MS} as is_wrong_clock, false as is_copy${place}
  from read_ndjson([${files}], columns = {${columns.join(", ")}}, ignore_errors = true)
  where id is not null and deviceId is not null`;
}

/** The columns of `Source` that a compacted file has. */
const COLUMNS =
  "id, fingerprint, at_ms, device, name, experiment, epoch, grp, value, run, path, session, is_wrong_clock";

/** Columns that what is read from elsewhere need not have. */
const NO_OPTIONAL = "select cast(null as varchar) as path, false as is_wrong_clock where false";

function fromParquet(files: string, place: string): string {
  return `select ${COLUMNS}, true as is_copy${place}
  from (select * from read_parquet([${files}]) union all by name ${NO_OPTIONAL}) as copies`;
}

/**
 * The query for a compacted file, from one for events with the columns of `Source` and `place`. Events of a kind stand
 * together, so that a query finds most of those that it does not need without looking at them.
 */
export function compacted(events: string): string {
  return `select * replace (${keyOf("device")} as device) from (
      select ${COLUMNS}, place from (${events} union all by name ${NO_OPTIONAL}) as events
    ) as columns
    order by name, experiment, place`;
}

/** The same from lines in their order. */
export function compactedText(path: string): string {
  return compacted(fromLines(literal(path), "deviceId", ", row_number() over () as place"));
}

/** The events of a log, without their places; files of a kind are read at once. */
export function logSource(files: readonly EventFile[]): Source {
  const of = (format: EventFile["format"]) =>
    files.filter((file) => file.format === format).map(({ path }) => literal(path));
  const [lines, parquet] = [of("ndjson"), of("parquet")];
  const parts = [
    ...(parquet.length > 0 ? [fromParquet(parquet.join(", "), "")] : []),
    ...(lines.length > 0 ? [fromLines(lines.join(", "), deviceOf(files), "")] : []),
  ];
  const isDistinct = parquet.length > 0 && files.every((file) => file.format === "ndjson" || file.isDistinct);
  const distinct = !isDistinct ? "none" : lines.length > 0 ? "copies" : "all";
  return { text: parts.join("\nunion all\n") || nothing(""), isPlaced: false, distinct };
}

/** The same with their places, which takes longer. */
export function placedLogSource(files: readonly EventFile[]): Source {
  const parts = files.map(({ path, format }, segment) =>
    format === "parquet"
      ? fromParquet(literal(path), `, ${segment} as segment, place`)
      : fromLines(literal(path), deviceOf(files), `, ${segment} as segment, row_number() over () as place`),
  );
  return { text: parts.join("\nunion all\n") || nothing(", segment, place"), isPlaced: true, distinct: "none" };
}

/** The device of a line, as the other files have theirs. */
function deviceOf(files: readonly EventFile[]): string {
  return files.some(({ format }) => format === "parquet") ? keyOf("deviceId") : "deviceId";
}

/** A log without files. */
function nothing(places: string): string {
  const columns = `null, null, null, null, null, null, null, null, null::double, null, null::varchar, null, null::boolean, false${places && ", null, null"}`;
  return `select * from (values (${columns})) as nothing(${COLUMNS}, is_copy${places}) where false`;
}
