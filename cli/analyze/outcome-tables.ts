import { basename } from "node:path";
import { countWords } from "../../core/report/number-words.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { factsOf } from "./columns/facts.ts";
import { placeOf } from "./columns/map-columns.ts";
import { normalised, type Role } from "./columns/names.ts";
import { type Outcome, outcomesOf } from "./columns/outcomes.ts";
import { sureTimeStyle, timeNotes } from "./columns/times.ts";
import type { AnalyzeOptions } from "./options.ts";
import { quoted } from "./quoted.ts";
import { addExamples, columnRoles, type Input, type ReadInput, withoutRoles } from "./read-input.ts";
import { Rejections } from "./reading/rejected.ts";
import { cellNotes, filtered, poolName } from "./visitors.ts";

/** Assignment tables with the columns of outcome tables joined, and notes on the latter. */
export interface WithOutcomes {
  readonly inputs: readonly Input[];
  readonly read: readonly ReadInput[];
}

/** Roles of an assignment table. */
const ASSIGNED: readonly Role[] = ["visitor", "variant", "experiment", "time"];
const DAY_MS = 86_400_000;

/**
 * Joins outcome tables (a visitor column, but no variants or events) with assignment tables.
 * Several rows of a visitor are added up; a visitor without a row has no outcome.
 *
 * @throws BadConfig if no table has groups, or no visitor is in both
 */
export async function joinOutcomes(
  engine: Engine,
  assigned: readonly Input[],
  outcomes: readonly Input[],
  options: AnalyzeOptions,
): Promise<WithOutcomes> {
  const [first] = outcomes;
  if (first === undefined) return { inputs: assigned, read: [] };
  const tables = assigned.filter(({ mapping }) => mapping.roles.has("visitor"));
  if (tables.length === 0) throw new BadConfig(first.mapping.lacks);
  const groups = await groupsOf(engine, tables, options);
  const columns: Column[] = [];
  const read: ReadInput[] = [];
  for (const [index, own] of outcomes.entries()) {
    const input = withVisitorOf(tables, own, options);
    const summed = await sumOutcomes(engine, input, groups, `outcomes ${index}`, options);
    columns.push(...summed.columns);
    read.push(summed.read);
  }
  const inputs: Input[] = [];
  for (const input of assigned) inputs.push(tables.includes(input) ? await withColumns(engine, input, columns) : input);
  return { inputs, read };

  /** The table's role columns, followed by the outcome columns. */
  async function withColumns(of: Engine, input: Input, more: readonly Column[]): Promise<Input> {
    const { table, mapping, rows } = input;
    const width = table.columns.length;
    const visitor = `c${mapping.roles.get("visitor")}`;
    const name = quoted(`${table.path} with outcomes`);
    const from = [...new Set(more.map((column) => column.from))];
    const joins = from.map((other) => ` left join ${other} on ${other}.visitor = assigned.${visitor}`).join("");
    const cells = more.map(({ from: other, cell }, place) => `, ${cell(other)} as c${width + place}`).join("");
    await of.run(`create temp table ${name} as select assigned.*${cells} from (select * ${rows}) as assigned${joins}`);
    const columns = [...table.columns, ...more.map((column) => ownName(column.name, table.columns))];
    const joined = { ...table, source: name, sample: name, columns };
    const joinedRows = `from ${name} where true`;
    const facts = await factsOf(
      of,
      joinedRows,
      columns.map((_, place) => `c${place}`),
      input.count,
      options.yes,
    );
    const roles = new Map([...mapping.roles].filter(([role]) => ASSIGNED.includes(role)));
    const wanted = options.goals?.map((goal) => placeOf(columns, goal)) ?? [];
    const unused = table.columns.flatMap((_, place) =>
      [...roles.values()].includes(place) || wanted.includes(place) ? [] : [[place, "of the assignments"] as const],
    );
    return {
      ...input,
      table: joined,
      facts,
      rows: joinedRows,
      mapping: { ...mapping, roles, aliases: new Map([...mapping.aliases, ...unused]) },
    };
  }
}

/**
 * An outcome table whose visitor column is the one named like that of the assignments: orders have
 * a `Name` of their own beside the `Email` of the visitor.
 */
function withVisitorOf(tables: readonly Input[], input: Input, options: AnalyzeOptions): Input {
  const { columns } = input.table;
  const said = options.columns.get("visitor");
  if (said !== undefined && placeOf(columns, said) !== null) return input;
  const names = tables.map(({ table, mapping }) => table.columns[mapping.roles.get("visitor") ?? -1] ?? "");
  const own = columns[input.mapping.roles.get("visitor") ?? -1] ?? "";
  if (names.some((name) => normalised(name) === normalised(own))) return input;
  const places = names.flatMap((name) => placeOf(columns, name) ?? []);
  const [place] = places;
  if (place === undefined) return input;
  const roles = new Map([...input.mapping.roles].filter(([, other]) => other !== place)).set("visitor", place);
  return { ...input, mapping: { ...input.mapping, roles } };
}

/** A column of outcomes, by visitor. */
interface Column {
  readonly name: string;
  /** The table with a row per visitor. */
  readonly from: string;
  /** SQL for the text of a visitor's cell, 0 if there is no row. */
  readonly cell: (from: string) => string;
}

/** Makes a column's name unique: two tables may share one. */
function ownName(name: string, others: readonly string[]): string {
  return placeOf(others, name) === null ? name : `${name} of the outcomes`;
}

interface Groups {
  /** A table with the columns `visitor` and `at_ms`, the first assignment. */
  readonly name: string;
  readonly hasTimes: boolean;
  /** Whether all times are whole days. */
  readonly isOfDays: boolean;
  /** Number of visitors without a time, where others have one. */
  readonly untimed: number;
}

async function groupsOf(engine: Engine, tables: readonly Input[], options: AnalyzeOptions): Promise<Groups> {
  const styles = [];
  for (const { table, mapping, rows } of tables) {
    const place = mapping.roles.get("time");
    styles.push(place === undefined ? null : await sureTimeStyle(engine, table, place, rows, options));
  }
  const hasTimes = styles.every((style) => style !== null);
  const selects = tables.map(({ mapping, rows }, at) => {
    const ms = hasTimes ? (styles[at]?.sql ?? "null") : "null";
    return `select c${mapping.roles.get("visitor")} as visitor, cast(${ms} as bigint) as ms ${rows}`;
  });
  await engine.run(`create temp table assigned_visitors as
    select visitor, min(ms) as at_ms from (${selects.join(" union all ")}) as assigned where visitor is not null group by visitor`);
  const [row] = await engine.rows<[bigint]>({
    text: "select count(*) from assigned_visitors where at_ms is null",
    values: [],
  });
  const untimed = hasTimes ? Number(row?.[0] ?? 0) : 0;
  return {
    name: "assigned_visitors",
    hasTimes,
    isOfDays: await areDays(engine, "from assigned_visitors", "at_ms"),
    untimed,
  };
}

async function areDays(engine: Engine, rows: string, ms: string): Promise<boolean> {
  const text = `select count(*) filter (where ${ms} % ${DAY_MS} <> 0) ${rows}`;
  const [row] = await engine.rows<[bigint]>({ text, values: [] });
  return Number(row?.[0] ?? 0) === 0;
}

/** Writes a table with a row per visitor: sums of values, and whether any row says yes. */
async function sumOutcomes(
  engine: Engine,
  input: Input,
  groups: Groups,
  name: string,
  options: AnalyzeOptions,
): Promise<{ columns: Column[]; read: ReadInput }> {
  const { table, mapping } = input;
  const visitor = `c${mapping.roles.get("visitor")}`;
  const unnamed = await withoutRoles(engine, input, ["visitor"]);
  const place = mapping.roles.get("time");
  const times = place === undefined ? null : await sureTimeStyle(engine, table, place, unnamed.accepted, options);
  const rejections = new Rejections();
  const assignedAt = `(select at_ms from ${groups.name} where ${groups.name}.visitor = ${visitor})`;
  let accepted = unnamed.accepted;
  const reject = async (reason: string, condition: string, shownPlace: number) => {
    const cell = `c${shownPlace}`;
    const column = table.columns[shownPlace] ?? null;
    await addExamples(engine, rejections, { rows: `${accepted} and ${condition}`, reason, column, cell });
    accepted = `${accepted} and not ${condition}`;
  };
  const visitorPlace = mapping.roles.get("visitor") ?? 0;
  await reject("a visitor that is in no group", `${visitor} not in (select visitor from ${groups.name})`, visitorPlace);
  const isOfDays = times !== null && (await areDays(engine, accepted, `(${times.sql})`));
  if (times !== null && place !== undefined) {
    await reject("no time, or none that can be read", `(${times.sql}) is null`, place);
    // Include the day of the assignment if either side has no clock times.
    const since = isOfDays || groups.isOfDays ? `${assignedAt} - ${assignedAt} % ${DAY_MS}` : assignedAt;
    if (groups.hasTimes)
      await reject("before the visitor's assignment", `coalesce((${times.sql}) < ${since}, false)`, place);
  }
  const [counted] = await engine.rows<[bigint, bigint]>({
    text: `select count(*), count(distinct ${visitor}) ${accepted}`,
    values: [],
  });
  const [rows, visitors] = (counted ?? []).map(Number) as [number, number];
  const [total] = await engine.rows<[bigint]>({ text: `select count(*) from ${groups.name}`, values: [] });
  const assigned = Number(total?.[0] ?? 0);
  const lost = [...unnamed.rejected, ...rejections.list];
  if (visitors === 0) {
    throw new BadConfig(
      `${table.path} has no row of anybody in a group: ${lost.map(({ count, reason }) => `${count} rejected: ${reason}`).join("; ")}; say by --columns visitor=… which columns have the same ids`,
    );
  }
  const isAsked = (goal: string) => placeOf(table.columns, goal) !== null;
  const found = await outcomesOf(engine, table, mapping, {
    rows: accepted,
    count: rows,
    facts: null,
    options: { ...options, goals: options.goals?.filter(isAsked) ?? null },
  });
  const sums = found.map(({ kind, sql }, at) => `, ${kind === "binary" ? "max" : "sum"}(${sql}) as o${at}`).join("");
  const from = quoted(name);
  await engine.run(`create temp table ${from} as select ${visitor} as visitor${sums} ${accepted} group by ${visitor}`);
  const stem = poolName([basename(table.path)]);
  const isWhole = visitors === assigned && rows === visitors;
  const columns: Column[] = found.map((outcome, at) => ({ name: outcome.name, from, cell: cellOf(outcome, at) }));
  if (!isWhole) {
    const any = placeOf(table.columns, stem) === null ? stem : `any row of ${stem}`;
    columns.push({ name: any, from, cell: (other) => `case when ${other}.visitor is null then '0' else '1' end` });
  }
  return {
    columns,
    read: {
      path: table.path,
      format: table.format,
      kind: "outcomes",
      rows: table.rows,
      columns: columnRoles(input, found),
      rejected: [...table.rejected, ...lost, ...filtered(input, options)],
      // Do not reuse the facts of all rows: some of these are rejected.
      cells: await cellNotes(engine, input, accepted, 1, found, null, options),
      notes: [
        ...table.notes,
        "what came of visitors; who was in which group is in the other table",
        ...(rows > visitors ? [`${rows} rows of ${visitors} visitors: the rows of each are added up`] : []),
        ...(visitors < assigned
          ? [`${assigned - visitors} of ${assigned} visitors have no row: for them it is no, and 0`]
          : []),
        ...(isWhole ? [] : [`a further goal, ${columns.at(-1)?.name}: whether a visitor has a row`]),
        ...found.flatMap(({ name: column, note }) => (note === null ? [] : [`${column}: ${note}`])),
        ...(times && place !== undefined ? await timeNotes(engine, table.columns[place] ?? "", times, accepted) : []),
        ...timeWords(groups, times !== null, isOfDays),
      ],
    },
  };
}

function timeWords({ hasTimes, untimed }: Groups, isTimed: boolean, isOfDays: boolean): string[] {
  if (!hasTimes || !isTimed) {
    return [`${isTimed ? "assignments" : "outcomes"} have no times: every row counts, whenever it was`];
  }
  return [
    ...(isOfDays ? ["days without a time: what was on the day of the assignment counts"] : []),
    ...(untimed === 0
      ? []
      : [
          `${countWords(untimed, "visitor")} without a time of assignment: every row of theirs counts, whenever it was`,
        ]),
  ];
}

/** A visitor's cell as in a file: null if all of the visitor's cells are missing. */
function cellOf({ kind }: Outcome, at: number): (from: string) => string {
  return (from) => {
    const value = `${from}.o${at}`;
    const text = kind === "binary" ? value : `cast(${value} as decimal(38, 0)) / 1000000`;
    return `case when ${from}.visitor is null then '0' else cast(${text} as varchar) end`;
  };
}
