import { basename } from "node:path";
import { literal } from "../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { Ambiguous } from "./ambiguous.ts";
import { isMissing } from "./columns/cells.ts";
import type { Facts } from "./columns/facts.ts";
import { indicatorsAmong } from "./columns/indicators.ts";
import { isIdName, normalised } from "./columns/names.ts";
import { isRejectedCell, MAX_VALUE, type Outcome, outcomesOf } from "./columns/outcomes.ts";
import { sureTimeStyle, type TimeStyle, timeNotes } from "./columns/times.ts";
import { groupNotes } from "./group-notes.ts";
import type { AnalyzeOptions } from "./options.ts";
import { quoted } from "./quoted.ts";
import { addExamples, type CellNote, columnRoles, type Input, type ReadInput, withoutRoles } from "./read-input.ts";
import { Rejections } from "./reading/rejected.ts";

/** Tables of visitors with the same columns, pooled: SQL with one row per counted row. */
export interface VisitorPool {
  /**
   * Columns `experiment`, `grp`, `unit`, `at_ms`, `place`, `same` (equal for equal rows) and `o0` …
   * in the goals' order.
   */
  readonly source: string;
  readonly goals: readonly { readonly event: string; readonly kind: "binary" | "value" }[];
  /** Whether there is a visitor column, so that rows may share a visitor. */
  readonly hasUnits: boolean;
  readonly rows: number;
  readonly inputs: readonly ReadInput[];
}

/** Maximum number of rows in memory, which takes less than half the time of a file. */
const MAX_IN_MEMORY = 3_000_000;

/** Names of clusters, whose rows are one observation, such as a store. */
const CLUSTER = /^(store|shop|market|location|city|region|branch|site|school|clinic|class|household|cluster|team)/;

/** Writes the rows of tables with the same columns to one file. */
export async function stageVisitors(
  engine: Engine,
  inputs: readonly Input[],
  options: AnalyzeOptions,
  path: string,
): Promise<VisitorPool> {
  const [first] = inputs as readonly [Input];
  const name = poolName(inputs.map(({ table }) => table.path));
  const parts: string[] = [];
  const read: ReadInput[] = [];
  const found = [];
  for (const input of inputs) {
    const needed = input.mapping.roles.has("visitor")
      ? (["visitor", "variant", "experiment"] as const)
      : (["variant", "experiment"] as const);
    const { accepted, rejected } = await withoutRoles(engine, input, needed);
    if (!input.mapping.roles.has("visitor") && options.unit === null) {
      await rejectGroups(engine, input, accepted);
      await rejectClusters(engine, input, accepted);
    }
    const lost = rejected.reduce((sum, { count }) => sum + count, 0);
    const columns = await outcomesOf(engine, input.table, input.mapping, {
      rows: accepted,
      count: input.count - lost,
      facts: lost === 0 ? input.facts : null,
      options,
    });
    const variant = input.mapping.roles.get("variant");
    const isSaid = options.goals !== null || variant === undefined;
    const indicators = isSaid ? new Set<Outcome>() : await indicatorsAmong(engine, variant, columns, accepted);
    const outcomes = columns.filter((outcome) => !indicators.has(outcome));
    const says = [...indicators].map(
      ({ name: column }) => `${column}: the same for all of a group, so it says the group; by --goals it is an outcome`,
    );
    found.push({ input, accepted, rejected, outcomes, says });
  }
  const goals = goalsOf(found.map(({ outcomes }) => outcomes));
  for (const [index, { input, accepted, rejected, outcomes, says }] of found.entries()) {
    const { roles } = input.mapping;
    const timePlace = roles.get("time");
    const time =
      timePlace === undefined ? null : await sureTimeStyle(engine, input.table, timePlace, accepted, options);
    const ms = time?.sql ?? "cast(null as bigint)";
    const cell = (role: "visitor" | "experiment" | "variant") => `c${roles.get(role)}`;
    const values = goals.map(({ event, kind }, place) => {
      const outcome =
        outcomes.find(({ name: column }) => column === event) ??
        outcomes.find(({ name: column }) => normalised(column) === normalised(event));
      const sql = outcome?.sql ?? "null";
      return `cast(${kind === "value" && outcome?.kind === "binary" ? `1000000 * (${sql})` : sql} as bigint) as o${place}`;
    });
    const unit = roles.has("visitor") ? cell("visitor") : `'row ${index} ' || line`;
    parts.push(`select ${roles.has("experiment") ? cell("experiment") : literal(name)} as experiment, ${cell("variant")} as grp,
      ${unit} as unit, ${ms} as at_ms, ${index} * 1000000000000 + line as place,
      hash(${input.table.columns.map((_, place) => `c${place}`).join(", ")}) as same
      ${values.map((value) => `, ${value}`).join("")} ${accepted}`);
    const cells = await cellNotes(
      engine,
      input,
      accepted,
      rejected.reduce((sum, { count }) => sum + count, 0),
      outcomes,
      timePlace !== undefined && time ? { ...time, place: timePlace } : null,
      options,
    );
    const mapping =
      time || timePlace === undefined ? input.mapping : { ...input.mapping, roles: without(roles, "time") };
    read.push({
      path: input.table.path,
      format: input.table.format,
      kind: "visitors",
      rows: input.table.rows,
      columns: columnRoles({ table: input.table, mapping }, outcomes),
      rejected: [...input.table.rejected, ...rejected, ...filtered(input, options)],
      cells,
      notes: [
        ...input.table.notes,
        ...(roles.has("visitor") ? [] : ["no column says who a visitor is: each row is one"]),
        ...outcomes.flatMap(({ name: column, note }) => (note === null ? [] : [`${column}: ${note}`])),
        ...says,
        ...(options.blank === "no" ? ["an empty cell of a goal means no"] : []),
        ...(await groupNotes(engine, input, accepted)),
        ...(time ? await timeNotes(engine, input.table.columns[timePlace ?? 0] ?? "", time, accepted) : []),
        ...(timePlace !== undefined && !time ? [`${input.table.columns[timePlace]}: not read as times`] : []),
      ],
    });
  }
  const query = parts.join("\nunion all\n");
  const isSmall = inputs.reduce((sum, { count }) => sum + count, 0) <= MAX_IN_MEMORY;
  const source = isSmall ? quoted(basename(path)) : `read_parquet(${literal(path)})`;
  await engine.run(
    isSmall ? `create temp table ${source} as ${query}` : `copy (${query}) to ${literal(path)} (format parquet)`,
  );
  const [row] = await engine.rows<[bigint]>({ text: `select count(*) from ${source}`, values: [] });
  const rows = Number(row?.[0] ?? 0);
  return { source, goals, hasUnits: first.mapping.roles.has("visitor"), rows, inputs: read };
}

/**
 * The outcomes of all tables, in the order of the first one; of kind value if any table has it so.
 */
function goalsOf(outcomes: readonly (readonly Outcome[])[]): { event: string; kind: "binary" | "value" }[] {
  const goals = new Map<string, { event: string; kind: "binary" | "value" }>();
  for (const { name, kind } of outcomes.flat()) {
    // A table may have columns whose names differ only in case; another table may spell the same
    // name differently.
    const isTwice = outcomes.some(
      (some) => some.filter((other) => normalised(other.name) === normalised(name)).length > 1,
    );
    const key = isTwice ? name : normalised(name);
    const known = goals.get(key);
    goals.set(key, known ? { ...known, kind: known.kind === "value" ? "value" : kind } : { event: name, kind });
  }
  return [...goals.values()];
}

/** Counts the rows that `--where` left out. */
export function filtered({ table, count }: Input, { where }: AnalyzeOptions) {
  const lost = table.rejected.reduce((sum, { count: some }) => sum + some, 0);
  const left = table.rows - lost - count;
  return where === null || left <= 0 ? [] : [{ reason: `left out by --where ${where}`, count: left, examples: [] }];
}

/** Counts missing and rejected cells of the outcomes and the time. */
export async function cellNotes(
  engine: Engine,
  { table, facts }: Pick<Input, "table" | "facts">,
  rows: string,
  lost: number,
  outcomes: readonly Outcome[],
  time: ({ readonly place: number } & Pick<TimeStyle, "sql" | "fitting">) | null,
  { blank }: AnalyzeOptions,
): Promise<CellNote[]> {
  const columns = [...outcomes, ...(time ? [time] : [])].map(({ place, sql }) => ({ place, sql }));
  // Skip columns whose cells were all understood when their facts were computed.
  const isWhole = ({ place, kind }: Outcome) => {
    const fact = lost > 0 ? undefined : facts[place];
    return (
      fact?.missing === 0 &&
      fact.present === (kind === "binary" ? fact.yes + fact.no : isInRange(fact) ? fact.numbers : -1)
    );
  };
  const isTimed = (fact: Facts | undefined) => lost === 0 && fact?.missing === 0 && fact.present === time?.fitting;
  if (columns.length === 0 || ((!time || isTimed(facts[time.place])) && outcomes.every(isWhole))) return [];
  const counts = columns.flatMap(({ place, sql }) => [
    `count(*) filter (where ${isMissing(`c${place}`)})`,
    `count(*) filter (where ${isRejectedCell(`c${place}`, sql)})`,
  ]);
  const [row] = await engine.rows<bigint[]>({ text: `select ${counts.join(", ")} ${rows}`, values: [] });
  const notes: CellNote[] = [];
  for (const [at, { place, sql }] of columns.entries()) {
    const [missing, rejected] = [Number(row?.[2 * at] ?? 0), Number(row?.[2 * at + 1] ?? 0)];
    const isTime = time !== null && place === time.place;
    if (missing === 0 && rejected === 0) continue;
    const column = table.columns[place] as string;
    const rejections = new Rejections();
    const isBeyond = !isTime && !isInRange(facts[place] as Facts) && facts[place]?.numbers === facts[place]?.present;
    if (rejected > 0) {
      await addExamples(engine, rejections, {
        rows: `${rows} and ${isRejectedCell(`c${place}`, sql)}`,
        reason: `${column} ${isTime ? "is no time" : isBeyond ? `is beyond ${MAX_VALUE.toLocaleString("en")}` : "cannot be read as the others"}`,
        column,
        cell: `c${place}`,
      });
    }
    notes.push({ column, missing: blank === "no" && !isTime ? 0 : missing, rejected: rejections.list[0] ?? null });
  }
  return notes;
}

const isInRange = ({ min, max }: Facts) => Math.abs(min ?? 0) <= MAX_VALUE && Math.abs(max ?? 0) <= MAX_VALUE;

/** Rejects a row per group, such as a mean with its number: these rows are not visitors. */
async function rejectGroups(engine: Engine, { table, mapping, facts }: Input, rows: string): Promise<void> {
  const { roles } = mapping;
  const keys = [roles.get("variant"), roles.get("experiment")].filter((place) => place !== undefined);
  const [row] = await engine.rows<[bigint, bigint]>({
    text: `select count(*), count(distinct row(${keys.map((place) => `c${place}`).join(", ")})) ${rows}`,
    values: [],
  });
  if (!row || row[0] < 2n || row[0] !== row[1]) return;
  const variant = table.columns[roles.get("variant") as number];
  const counts = table.columns.filter((_, place) => {
    const fact = facts[place];
    const isTaken = [...roles.values()].includes(place);
    return !isTaken && fact && fact.numbers === fact.present && fact.whole && (fact.min ?? 0) > 1;
  });
  const what = `${table.path} has one row per ${variant}, so a row is no visitor, and no column says how many visitors there were`;
  const [some, others] = complementsAmong(counts) ?? [];
  if (some) throw new BadConfig(`${what}: if they are ${some} and ${others} together, add a column of that sum`);
  throw new Ambiguous(
    what,
    counts.slice(0, MAX_CHOICES).map((name) => ({ flag: "columns", value: `visitors=${name}` })),
  );
}

/** Two columns of which one counts what the other does not, such as converted and not_converted. */
function complementsAmong(names: readonly string[]): readonly [string, string] | null {
  for (const name of names) {
    const other = names.find(
      (one) => one !== name && normalised(one).replace(/^(?:not|non|no|un|didnt)/, "") === normalised(name),
    );
    if (other !== undefined) return [name, other];
  }
  return null;
}

/** Maximum number of columns offered; arbitrary. */
const MAX_CHOICES = 5;

/**
 * Rejects clusters, such as stores whose rows are all in one group: their rows are not visitors.
 */
async function rejectClusters(engine: Engine, { table, mapping, facts, count }: Input, rows: string): Promise<void> {
  const variant = mapping.roles.get("variant") as number;
  const groups = facts[variant]?.distinct ?? 0;
  for (const [place, name] of table.columns.entries()) {
    const fact = facts[place];
    const isCluster = isIdName(name) || CLUSTER.test(normalised(name));
    if (!fact || !isCluster || [...mapping.roles.values()].includes(place) || mapping.aliases.has(place)) continue;
    if (fact.distinct <= groups || fact.distinct > count / 2) continue;
    const [row] = await engine.rows<[bigint, bigint]>({
      text: `select count(distinct c${place}), count(distinct (c${place}, c${variant})) ${rows}`,
      values: [],
    });
    if (!row || row[0] !== row[1]) continue;
    throw new BadConfig(
      `${table.path}: ${count} rows have ${row[0]} different values of ${name}, each in one group only, so rows are no independent visitors: add up the rows of each by --unit ${name}, or leave the column out by --ignore ${name}`,
    );
  }
}

/** A map without one of its keys. */
export function without<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Map<Key, Value> {
  return new Map([...map].filter(([other]) => other !== key));
}

/** The name of one file, or the common part of several names. */
export function poolName(paths: readonly string[]): string {
  const names = paths.map((path) =>
    basename(path).replace(/(\.(csv|tsv|txt|ndjson|jsonl|json|log|parquet|gz|zst|zip))+$/i, ""),
  );
  const [first = ""] = names;
  let length = first.length;
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length -= 1;
  const common = names.length === 1 ? first : first.slice(0, length).replace(/[\s_.-]+$/, "");
  return common === "" ? first : common;
}

/** Whether the columns of one table include those of the other. */
function isWithin(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  return [...few].every((name) => many.has(name));
}

/**
 * Pools tables with the same columns as one log, unless they have no group in common and each has
 * several.
 */
export async function poolsOf(engine: Engine, inputs: readonly Input[]): Promise<Input[][]> {
  const pools: { key: Set<string>; groups: Set<string>; inputs: Input[] }[] = [];
  for (const input of inputs) {
    const key = new Set(input.table.columns.map(normalised));
    const variant = `c${input.mapping.roles.get("variant")}`;
    const rows = await engine.rows<[string]>({
      text: `select distinct ${variant} ${input.rows} and ${variant} is not null limit 1000`,
      values: [],
    });
    const groups = new Set(rows.map(([group]) => group));
    const hasKey = input.mapping.roles.has("experiment");
    const pool = pools.find(
      (other) =>
        isWithin(other.key, key) &&
        (hasKey || groups.size < 2 || other.groups.size < 2 || [...groups].some((group) => other.groups.has(group))),
    );
    if (pool) {
      pool.inputs.push(input);
      for (const group of groups) pool.groups.add(group);
    } else pools.push({ key, groups, inputs: [input] });
  }
  return pools.map((pool) => pool.inputs);
}
