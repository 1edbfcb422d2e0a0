import { MAX_CLOCK_ERROR_MS } from "../../core/wrong-clock.ts";
import { literal } from "./duckdb-dialect.ts";
import type { Source } from "./query.ts";

/** A file of events; the log is the concatenation of files. */
export interface EventFile {
  /** Name of a table of the engine, for one that was read before. */
  readonly path: string;
  readonly format: "ndjson" | "parquet" | "table";
  /** Whether no ID is repeated, in it or in earlier files with the same mark. */
  readonly isDistinct?: boolean;
  /** Whether a Parquet file has the order of the log: an event's place is then its row's number. */
  readonly isInOrder?: boolean;
  /** False for a compacted file or a table without accounts: it need not be read for links. */
  readonly hasAccounts?: boolean;
}

/** Fields of an event that results depend on; others are not read. */
const FIELDS = {
  id: "VARCHAR",
  ts: "VARCHAR",
  deviceId: "VARCHAR",
  // Lines of earlier versions may have anything there, as in clockMs.
  accountId: "JSON",
  event: "VARCHAR",
  experiment: "VARCHAR",
  epoch: "BIGINT",
  group: "VARCHAR",
  value: "DOUBLE",
  run: "VARCHAR",
  path: "VARCHAR",
  // JSON, since pages can send any type: only a string counts as a session.
  session_id: "JSON",
  sessionId: "JSON",
  clockMs: "JSON",
  receivedAt: "VARCHAR",
  net: "VARCHAR",
  uncounted: "VARCHAR",
  // JSON, since pages of earlier versions may have sent any type.
  withKey: "JSON",
};

const textOf = (column: string) => `case when json_type(${column}) = 'VARCHAR' then nullif(${column} ->> '$', '') end`;

/**
 * 128 bits of a unit's ID: comparing and grouping take half the time of texts, but hashing takes
 * longer, so lines alone keep their texts. Accidental collisions are negligible, and deliberate
 * ones achieve no more than sending as one device.
 */
const keyOf = (id: string) => `cast(md5(${id}) as uuid)`;
const asIs = (id: string) => id;
type KeyOf = typeof keyOf;

/**
 * The columns of `Source` from lines of JSON. Lines that are not events are skipped, and counted as
 * unreadable. Truncate times to milliseconds before a cast can round them; nearly all have 24
 * characters and no further digits.
 */
function fromLines(files: string, key: KeyOf, place: string): string {
  const columns = Object.entries(FIELDS).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  return `select id, hash(id) as fingerprint, ${millisecondsOf("ts")} as at_ms,
    ${key("deviceId")} as device, case when accountId is not null then ${key(textOf("accountId"))} end as account, event as name, experiment, epoch, "group" as grp, value, run, path,
    case when session_id is not null or sessionId is not null
      then coalesce(${textOf("session_id")}, ${textOf("sessionId")}) end as session,
    clockMs is not null and json_type(clockMs) in ('BIGINT', 'UBIGINT', 'DOUBLE')
      and abs(cast(clockMs as double)) > ${MAX_CLOCK_ERROR_MS} as is_wrong_clock,
    ${millisecondsOf("receivedAt")} as received_ms, net, uncounted,
    withKey is not null and cast(withKey as varchar) = 'true' as with_key, false as is_copy${place}
  from read_ndjson([${files}], columns = {${columns.join(", ")}}, ignore_errors = true)
  where id is not null and (deviceId is not null or ${textOf("accountId")} is not null)`;
}

/** A column's time, cut to milliseconds; null for an invalid one. */
export function millisecondsOf(column: string): string {
  return `epoch_ms(try_cast(case when strlen(${column}) = 24 then ${column} else left(${column}, 23) end as timestamp))`;
}

/** The columns of `Source` in a compacted file. */
const COLUMNS =
  "id, fingerprint, at_ms, device, account, name, experiment, epoch, grp, value, run, path, session, is_wrong_clock, received_ms, net, uncounted, with_key";

/** Defaults of columns that other sources may lack. */
const NO_OPTIONAL =
  "select cast(null as uuid) as account, cast(null as varchar) as path, false as is_wrong_clock, null::bigint as received_ms, null::varchar as net, null::varchar as uncounted, false as with_key where false";

function fromParquet(files: string, place: string, reading = ""): string {
  return `select ${COLUMNS}, true as is_copy${place}
  from (select * from read_parquet([${files}]${reading}) union all by name ${NO_OPTIONAL}) as copies`;
}

function fromTable(table: string, place: string): string {
  return `select ${COLUMNS}, false as is_copy${place} from ${table}`;
}

/**
 * Query for a compacted file, from a file of lines. Sorted by kind, so that a query skips most
 * events that it does not need.
 */
export function compactedText(path: string): string {
  const events = fromLines(literal(path), keyOf, ", row_number() over () as place");
  return `select ${COLUMNS}, place from (${events}) as events order by name, experiment, place`;
}

/**
 * Statement that reads a file of lines into a table, after the lines that it has or instead of
 * them. Rows keep the order of the lines.
 */
export function tableText(table: string, path: string, goesOn: boolean): string {
  const head = goesOn ? `insert into ${table}` : `create or replace temp table ${table} as`;
  return `${head} select ${COLUMNS} from (${fromLines(literal(path), keyOf, "")}) as events`;
}

/** Events of a log without positions; files of one kind are read at once. */
export function logSource(files: readonly EventFile[]): Source {
  const isDistinct = files.some(isCopy) && files.every((file) => !isCopy(file) || file.isDistinct);
  const distinct = !isDistinct ? "none" : files.every(isCopy) ? "all" : "copies";
  return {
    text: textOfFiles(files, keyIn(files)) || nothing(""),
    isPlaced: false,
    distinct,
    ...keysOf(files),
  };
}

function textOfFiles(files: readonly EventFile[], key: KeyOf): string {
  const of = (format: EventFile["format"]) =>
    files.filter((file) => file.format === format).map(({ path }) => literal(path));
  const [lines, parquet] = [of("ndjson"), of("parquet")];
  const tables = files.filter(({ format }) => format === "table");
  const parts = [
    ...tables.map(({ path }) => fromTable(path, "")),
    ...(parquet.length > 0 ? [fromParquet(parquet.join(", "), "")] : []),
    ...(lines.length > 0 ? [fromLines(lines.join(", "), key, "")] : []),
  ];
  return parts.join("\nunion all\n");
}

/** The form of IDs, and the events that may name accounts. */
function keysOf(files: readonly EventFile[]): Pick<Source, "keyOf" | "hasLines" | "accounts"> {
  const keyOf = keyIn(files);
  const linking = files.filter(({ format, hasAccounts }) => format !== "ndjson" && hasAccounts !== false);
  return {
    keyOf,
    hasLines: files.some(({ format }) => format === "ndjson"),
    accounts: textOfFiles(linking, keyOf) || null,
  };
}

/** Events of a log with positions, which take longer to read. */
export function placedLogSource(files: readonly EventFile[]): Source {
  const parts = files.map(({ path, format, isInOrder }, segment) => {
    const place = `, ${segment} as segment, place`;
    if (format === "table") return fromTable(path, `, ${segment} as segment, rowid as place`);
    if (format === "parquet" && isInOrder) {
      return fromParquet(
        literal(path),
        `, ${segment} as segment, file_row_number as place`,
        ", file_row_number = true",
      );
    }
    if (format === "parquet") return fromParquet(literal(path), place);
    return fromLines(literal(path), keyIn(files), `, ${segment} as segment, row_number() over () as place`);
  });
  return {
    text: parts.join("\nunion all\n") || nothing(", segment, place"),
    isPlaced: true,
    distinct: "none",
    ...keysOf(files),
  };
}

/** The form of IDs in the other files. */
function keyIn(files: readonly EventFile[]): KeyOf {
  return files.some(({ format }) => format !== "ndjson") ? keyOf : asIs;
}

function isCopy({ format }: EventFile): boolean {
  return format === "parquet";
}

/** A log without files. */
function nothing(places: string): string {
  const columns = `null, null, null, null::varchar, null::varchar, null, null, null, null, null::double, null, null::varchar, null, null::boolean, null::bigint, null::varchar, null::varchar, null::boolean, false${places && ", null, null"}`;
  return `select * from (values (${columns})) as nothing(${COLUMNS}, is_copy${places}) where false`;
}
