import type { Engine } from "../../server/analysis/engine.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { isUnnamed } from "./columns/cells.ts";
import { type Facts, factsOf } from "./columns/facts.ts";
import { type Mapping, mapColumns, placeOf } from "./columns/map-columns.ts";
import { normalised } from "./columns/names.ts";
import type { Outcome } from "./columns/outcomes.ts";
import { DATE_OF_TIME, repairedCells } from "./columns/repaired-cells.ts";
import type { InputFile } from "./input-files.ts";
import type { AnalyzeOptions } from "./options.ts";
import { readTable } from "./reading/read-table.ts";
import { MAX_EXAMPLES, type Rejected, Rejections, shown } from "./reading/rejected.ts";
import type { Format, Table } from "./reading/table.ts";
import { strayRows } from "./stray-rows.ts";
import { whereSql } from "./where.ts";

/** A file, the roles of its columns, and its selected rows. */
export interface Input {
  readonly table: Table;
  readonly mapping: Mapping;
  readonly facts: readonly Facts[];
  /** `from … where …` of the rows that pass `--where`. */
  readonly rows: string;
  readonly count: number;
}

/** Description of a file in the report. `rows` = counted + rejected ones. */
export interface ReadInput {
  readonly path: string;
  readonly format: Format;
  readonly kind: "events" | "visitors" | "assignments" | "outcomes" | "counts";
  readonly rows: number;
  /** Each column's role, or `ignored`. */
  readonly columns: Readonly<Record<string, string>>;
  /** Rows that do not count. */
  readonly rejected: readonly Rejected[];
  /** Cells not understood, and missing cells, by column. */
  readonly cells: readonly CellNote[];
  readonly notes: readonly string[];
}

export interface CellNote {
  readonly column: string;
  readonly missing: number;
  readonly rejected: Rejected | null;
}

/** Reads a file and finds the role of each of its columns. Throws BadConfig. */
export async function readInput(
  engine: Engine,
  file: InputFile,
  options: AnalyzeOptions,
  work: string,
): Promise<Input> {
  const table = await readTable(engine, file, options, work);
  const condition = options.where === null ? "true" : whereSql(options.where, table.columns);
  const isSampled = table.sample !== table.source;
  const sampled = `from ${table.sample} where ${condition}`;
  const [row] = await engine.rows<[bigint]>({ text: `select count(*) ${sampled}`, values: [] });
  const count = Number(row?.[0] ?? 0);
  if (count === 0 && options.where !== null) {
    throw new BadConfig(`--where is "${options.where}", and no row of ${table.path} fulfils it`);
  }
  const cells = table.columns.map((_, place) => `c${place}`);
  const said = { columns: rolesSaid(table, options), ignore: options.ignore };
  const mapped = async (rows: string, some: number) => {
    const facts = await factsOf(engine, rows, cells, some, options.yes);
    return { facts, mapping: await mapColumns(engine, table, facts, { rows, count: some, said }) };
  };
  const rows = `from ${table.source} where ${condition}`;
  const first = await mapped(sampled, count);
  const strays = isSampled ? [] : await strayRows(engine, table, first.mapping, rows);
  const lost = strays.reduce((sum, { rejected }) => sum + rejected.count, 0);
  if (lost > 0 && lost < count) {
    const own = strays.map(({ condition: stray }) => ` and not ${stray}`).join("");
    const rejected = [...table.rejected, ...strays.map((stray) => stray.rejected)];
    // Map again without rejected rows: they must not affect a column's kind.
    const again = await mapped(`${sampled}${own}`, count - lost);
    const mended = await repairedCells(engine, { ...table, rejected }, again.mapping, again.facts, `${sampled}${own}`);
    return { ...again, ...mended, rows: `from ${mended.table.source} where ${condition}${own}`, count: count - lost };
  }
  const { facts } = first;
  const { mapping, ...repaired } = await repairedCells(engine, table, first.mapping, facts, sampled);
  if (isSampled && mapping.shape !== "events") {
    throw new BadConfig(
      `${table.path} is too large for a table of visitors in lines of JSON: save it as CSV or Parquet`,
    );
  }
  return { table: repaired.table, mapping, facts, rows: `from ${repaired.table.source} where ${condition}`, count };
}

/** Roles that `--columns` and `--unit` give to this file's columns. */
function rolesSaid(table: Table, { columns, unit }: AnalyzeOptions): Map<string, string> {
  const roles = new Map([...columns].filter(([, name]) => placeOf(table.columns, name) !== null));
  const place = unit === null ? null : unitPlace(table.columns, unit);
  if (place !== null) roles.set("visitor", table.columns[place] as string);
  return roles;
}

/** Index of the unit's column: `--unit store` also matches `store_id`. */
function unitPlace(columns: readonly string[], unit: string): number | null {
  const place = placeOf(columns, unit) ?? placeOf(columns, `${unit}_id`);
  if (place !== null) return place;
  const like = columns.flatMap((name, at) => (normalised(name).startsWith(normalised(unit)) ? [at] : []));
  return like.length === 1 ? (like[0] as number) : null;
}

/** Counts the rows without a required role, each by the first missing one. */
export async function withoutRoles(
  engine: Engine,
  { table, mapping, facts, rows }: Input,
  needed: readonly ("visitor" | "variant" | "experiment")[],
): Promise<{ accepted: string; rejected: Rejected[] }> {
  const rejections = new Rejections();
  let accepted = rows;
  for (const role of needed) {
    const place = mapping.roles.get(role);
    if (place === undefined || (facts[place]?.missing === 0 && table.sample === table.source)) continue;
    const lacks = isUnnamed(`c${place}`);
    await addExamples(engine, rejections, {
      rows: `${accepted} and ${lacks}`,
      reason: `no ${role === "visitor" ? "visitor id" : role}`,
      column: table.columns[place] as string,
      cell: `c${place}`,
    });
    accepted = `${accepted} and not ${lacks}`;
  }
  return { accepted, rejected: rejections.list };
}

/** Counts rows, and shows the first ones. */
export async function addExamples(
  engine: Engine,
  rejections: Rejections,
  { rows, reason, column, cell }: { rows: string; reason: string; column: string | null; cell: string },
): Promise<number> {
  const [counted] = await engine.rows<[bigint]>({ text: `select count(*) ${rows}`, values: [] });
  const count = Number(counted?.[0] ?? 0);
  if (count === 0) return 0;
  const examples = await engine.rows<[bigint, string | null]>({
    text: `select line, ${cell} ${rows} order by line limit ${MAX_EXAMPLES}`,
    values: [],
  });
  for (const [place, [line, value]] of examples.entries()) {
    const rest = place === 0 ? count - examples.length + 1 : 1;
    rejections.add(reason, { line: Number(line), column, value: shown(value ?? "") }, rest);
  }
  return count;
}

/** The role of each column. */
export function columnRoles(
  { table, mapping }: Pick<Input, "table" | "mapping">,
  outcomes: readonly Pick<Outcome, "place" | "kind">[],
): Record<string, string> {
  return Object.fromEntries(
    table.columns.map((name, place) => {
      const role = [...mapping.roles].find(([, other]) => other === place)?.[0];
      const outcome = outcomes.find((other) => other.place === place);
      if (role !== undefined) return [name, role];
      if (mapping.aliases.get(place) === DATE_OF_TIME) return [name, "time"];
      return [name, outcome ? `goal (${outcome.kind === "binary" ? "conversion" : "value"})` : "ignored"];
    }),
  );
}
