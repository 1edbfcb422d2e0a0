import { literal } from "../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import type { EventFile } from "../../server/analysis/log-source.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { Ambiguous } from "./ambiguous.ts";
import { isMissing, isUnnamed, plainNumber } from "./columns/cells.ts";
import { isMost } from "./columns/facts.ts";
import { EXPOSURE_EVENTS, normalised, type Role } from "./columns/names.ts";
import { decimalsOf, numberChoices, numberStyle } from "./columns/numbers.ts";
import { sureTimeStyle, type TimeStyle, timeNotes } from "./columns/times.ts";
import type { AnalyzeOptions } from "./options.ts";
import { columnRoles, type Input, type ReadInput } from "./read-input.ts";
import { MAX_EXAMPLES, type Rejected, shown } from "./reading/rejected.ts";
import { numberedFile } from "./reading/table.ts";
import { epochSql, MARKS, marksSql, NO_MARKS } from "./server-marks.ts";

/** Events in the form of a compacted log segment, and a summary of what was read. */
export interface StagedEvents {
  readonly file: EventFile;
  readonly read: ReadInput;
}

/** 128 bits of a device's ID; see `log-source.ts`. */
const keyOf = (device: string) => `cast(md5(${device}) as uuid)`;

/**
 * Options of copies. Dictionaries of more entries and compression double the time of writing, and
 * IDs get no smaller by either.
 */
const STAGED = "format parquet, compression uncompressed, dictionary_size_limit 1000";

/** Reasons for rejecting a row as an event, in the order of their tests. */
const REASONS = {
  nothing: "no field of an event",
  visitor: "no device id",
  event: "no event name",
  time: "no time, or none that can be read",
  epoch: "the epoch is no whole number",
  value: "the value is no number",
  exposure: "an exposure without experiment or group",
} as const;
type Reason = keyof typeof REASONS;

/**
 * Writes a table's events to a Parquet file in the log's form; rejected rows are counted by reason.
 */
export async function stageEvents(
  engine: Engine,
  input: Input,
  { index, experiment, options, path }: { index: number; experiment: string; options: AnalyzeOptions; path: string },
): Promise<StagedEvents> {
  const { table, mapping, rows } = input;
  const { roles } = mapping;
  const sampled = rows.replace(table.source, () => table.sample);
  const cell = (role: Role) => (roles.has(role) ? `c${roles.get(role)}` : "cast(null as varchar)");
  const columnOf = (role: Role) => table.columns[roles.get(role) ?? -1] ?? role;
  const timePlace = roles.get("time");
  const time = timePlace === undefined ? null : await sureTimeStyle(engine, table, timePlace, sampled, options);
  if (!roles.has("time")) {
    throw new BadConfig(
      `${table.path} is a table of events without a time, so nobody knows what came first: name its column by --columns time=…; its columns are ${table.columns.join(", ")}`,
    );
  }
  const value = roles.has("value")
    ? await valueStyle(engine, input, sampled, options)
    : { sql: "cast(null as double)", note: null };
  const names = roles.has("variant") ? await exposureNames(engine, cell("event"), cell("variant"), sampled) : [];
  const isOwn = names.includes("exposure") || !roles.has("variant");
  const exposureOf = `case when ${["'exposure'", ...names.map(literal)].map((name) => `event = ${name}`).join(" or ")} then 'exposure' else event end`;
  const named = (role: Role) =>
    roles.has(role) ? `case when not ${isUnnamed(cell(role))} then ${cell(role)} end` : "cast(null as varchar)";
  const staged = `${path}.rows`;
  // A row's number in the copy is its line, unless --where leaves rows out.
  const unnumbered = options.where === null ? table.unnumbered : undefined;
  const line = unnumbered ? "" : "line, ";
  await engine.run(`copy (
    select ${line}event_id as id, hash(event_id) as fingerprint, cast(at_ms as bigint) as at_ms, ${keyOf("device")} as device, name,
      case when name = 'exposure' then event_experiment end as experiment,
      case when name = 'exposure' then ${epochSql(table.columns)} end as epoch,
      grp, value_number as value, run, session, ${MARKS}, event_experiment, reason,
      case reason when 'time' then time_text when 'epoch' then epoch_text when 'value' then value_text when null then null else name end as example
    from (select *, ${reasonCase()} as reason from (
      select * exclude (event), ${exposureOf} as name
      from (
        select ${line}${cell("event id")} as event_id, ${time?.sql ?? "cast(null as bigint)"} as at_ms, ${named("visitor")} as device,
          ${named("event")} as event, ${roles.has("experiment") ? named("experiment") : literal(experiment)} as event_experiment, ${cell("epoch")} as epoch_text,
          ${named("variant")} as grp, ${cell("value")} as value_text, ${value.sql} as value_number, ${cell("run")} as run,
          ${cell("session")} as session, ${cell("time")} as time_text, ${marksSql(table.columns)}
        ${unnumbered ? `from ${unnumbered}` : rows}
      ) as fields
    ) as named) as reasoned
  ) to ${literal(staged)} (${STAGED})`);
  const events = unnumbered ? numberedFile(staged, 1).source : `read_parquet(${literal(staged)})`;
  const rejected = await rejectedOf(engine, events);
  const [counted] = await engine.rows<[bigint, bigint, bigint]>({
    text: `select count(*), count(*) filter (where reason is null and name = 'exposure'), count(*) filter (where id is null) from ${events}`,
    values: [],
  });
  const [total, exposures, unidentified] = (counted ?? []).map(Number) as [number, number, number];
  const isImplicit = roles.has("variant") && exposures === 0;
  const isLog = unnumbered !== undefined && rejected.length === 0 && unidentified === 0 && !isImplicit;
  if (!isLog) await stageLog();
  const lost = table.rejected.reduce((sum, { count }) => sum + count, 0);
  const allRows = table.rows === 0 ? total : table.rows;
  const left = allRows - lost - total;
  return {
    file: {
      path: isLog ? staged : path,
      format: "parquet",
      isDistinct: !roles.has("event id"),
      isInOrder: isLog,
    },
    read: {
      path: table.path,
      format: table.format,
      kind: "events",
      rows: allRows,
      columns: columnRoles(input, []),
      rejected: [
        ...table.rejected,
        ...rejected,
        ...(left > 0 && options.where !== null
          ? [{ reason: `left out by --where ${options.where}`, count: left, examples: [] }]
          : []),
      ],
      cells: [],
      notes: [
        ...table.notes,
        ...(value.note === null ? [] : [`${columnOf("value")}: ${value.note}`]),
        ...(time ? await timeNotes(engine, columnOf("time"), time as TimeStyle, sampled) : []),
        ...(isOwn ? [] : names.map((name) => `the event ${shown(name)} exposes`)),
        ...(isImplicit
          ? [`no event is called exposure: the first event of a visitor with a ${columnOf("variant")} exposes`]
          : []),
      ],
    },
  };

  /** Copies the events without rejected rows; each gets an ID and, where needed, an exposure. */
  async function stageLog(): Promise<void> {
    const columns = `coalesce(id, 'row ${index} ' || line) as id, hash(coalesce(id, 'row ${index} ' || line)) as fingerprint,
      at_ms, device, name, experiment, epoch, grp, value, run, session, ${MARKS}, line as place`;
    const implicit = `
      union all
      select 'first ${index} ' || min(line), hash('first ${index} ' || min(line)), min(at_ms), device, 'exposure', event_experiment,
        1, grp, null, any_value(run), null, ${NO_MARKS}, min(line)
      from ${events} where reason is null and grp is not null and event_experiment is not null group by device, event_experiment, grp, run is null`;
    await engine.run(
      `copy (select ${columns} from ${events} where reason is null ${isImplicit ? implicit : ""}) to ${literal(path)} (${STAGED})`,
    );
  }

  function reasonCase(): string {
    const cases: Readonly<Record<Reason, string>> = {
      nothing: "device is null and name is null and time_text is null and grp is null",
      visitor: "device is null",
      event: "name is null",
      time: "at_ms is null",
      epoch: "epoch_text is not null and try_cast(epoch_text as bigint) is null",
      value: `not ${isMissing("value_text")} and value_number is null`,
      exposure: "name = 'exposure' and (event_experiment is null or grp is null)",
    };
    return `case ${Object.entries(cases)
      .map(([reason, condition]) => `when ${condition} then '${reason}'`)
      .join(" ")} end`;
  }

  async function rejectedOf(of: Engine, from: string): Promise<Rejected[]> {
    const counts = await of.rows<[Reason, bigint]>({
      text: `select reason, count(*) from ${from} where reason is not null group by 1 order by 2 desc, 1`,
      values: [],
    });
    const found: Rejected[] = [];
    for (const [reason, count] of counts) {
      const role = ({ visitor: "visitor", event: "event", time: "time", epoch: "epoch", value: "value" } as const)[
        reason as "time"
      ] as Role | undefined;
      const examples = await of.rows<[bigint, string | null]>({
        text: `select line, example from ${from} where reason = '${reason}' order by line limit ${MAX_EXAMPLES}`,
        values: [],
      });
      found.push({
        reason: REASONS[reason],
        count: Number(count),
        examples: examples.map(([line, text]) => ({
          line: Number(line),
          column: role ? columnOf(role) : null,
          value: shown(text ?? ""),
        })),
      });
    }
    return found;
  }
}

/** Exposure events: those with a known name and a variant. */
async function exposureNames(engine: Engine, event: string, variant: string, rows: string): Promise<string[]> {
  const found = await engine.rows<[string]>({
    text: `select distinct ${event} ${rows} and ${event} is not null and not ${isUnnamed(variant)} limit 10000`,
    values: [],
  });
  const names = found.map(([name]) => name).filter((name) => EXPOSURE_EVENTS.has(normalised(name)));
  // Assignment is not exposure if the file has both.
  const exposures = names.filter((name) => !normalised(name).endsWith("assigned") && normalised(name) !== "assignment");
  return exposures.length > 0 ? exposures : names;
}

async function valueStyle(engine: Engine, { table, mapping }: Input, rows: string, options: AnalyzeOptions) {
  const place = mapping.roles.get("value") as number;
  const cell = `c${place}`;
  const [row] = await engine.rows<[bigint, bigint]>({
    text: `select count(*) filter (where not ${isMissing(cell)}), count(${plainNumber(cell)}) ${rows}`,
    values: [],
  });
  const [present, plain] = (row ?? []).map(Number) as [number, number];
  const decimals = decimalsOf(engine, table, rows, options.decimal);
  if (present === plain && !decimals.isOpen) return { sql: plainNumber(cell), note: null };
  const style = await numberStyle(engine, cell, rows, decimals);
  if (!isMost(style.fitting, present)) return { sql: plainNumber(cell), note: null };
  if (style.problem !== null) {
    const name = table.columns[place] as string;
    throw new Ambiguous(`${table.path}: the column ${name} ${style.problem}`, numberChoices(style, name));
  }
  return { sql: style.sql, note: style.note };
}

/** Assignments in the form of exposures, and how their times were read. */
export interface StagedAssignments {
  readonly file: EventFile;
  /** The time column and its style; null without times. */
  readonly time: { readonly place: number; readonly style: TimeStyle } | null;
}

/**
 * Stages an assignment table as exposures: each visitor is exposed at assignment, or before all
 * events if there is no time.
 *
 * @throws Ambiguous if the times could mean two things
 */
export async function stageAssignments(
  engine: Engine,
  input: Input,
  {
    index,
    experiment,
    options,
    path,
    accepted,
  }: { index: number; experiment: string; options: AnalyzeOptions; path: string; accepted: string },
): Promise<StagedAssignments> {
  const { roles } = input.mapping;
  const place = roles.get("time");
  const time = place === undefined ? null : await sureTimeStyle(engine, input.table, place, accepted, options);
  const device = `c${roles.get("visitor")}`;
  await engine.run(`copy (
    select 'row ${index} ' || line as id, hash('row ${index} ' || line) as fingerprint, coalesce(${time?.sql ?? "null"}, 0) as at_ms,
      ${keyOf(device)} as device, 'exposure' as name, ${roles.has("experiment") ? `c${roles.get("experiment")}` : literal(experiment)} as experiment,
      cast(1 as bigint) as epoch, c${roles.get("variant")} as grp, cast(null as double) as value, cast(null as varchar) as run,
      cast(null as varchar) as session, ${NO_MARKS}, line as place
    ${accepted}
  ) to ${literal(path)} (format parquet)`);
  return {
    file: { path, format: "parquet", isDistinct: true },
    time: time && place !== undefined ? { place, style: time } : null,
  };
}
