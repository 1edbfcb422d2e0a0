import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { quoted } from "../quoted.ts";
import { rowsOf } from "./csv-table.ts";
import { MAX_DEPTH } from "./json-table.ts";
import { shown } from "./rejected.ts";
import { columnNames, stagedSource, type Table } from "./table.ts";

/** Stages a Parquet file: each column as text, so that cells mean the same as in other formats. */
export async function parquetTable(
  engine: Engine,
  { path, named }: { readonly path: string; readonly named: string },
  staged: string,
): Promise<Table> {
  const source = `read_parquet(${literal(path)})`;
  try {
    const described = await engine.rows<[string, string]>({
      text: `select column_name, column_type from (describe select * from ${source})`,
      values: [],
    });
    const fields = described.flatMap(([name, type]) => fieldsOf(name, quoted(name), type));
    const columns = fields.map(({ sql, type }, place) => `${textOf(sql, type)} as c${place}`);
    await engine.run(
      `copy (select ${columns.join(", ")}, row_number() over () as line from ${source}) to ${literal(staged)} (format parquet)`,
    );
    const rows = await rowsOf(engine, staged);
    if (rows === 0) throw new BadConfig(`${named} has no row`);
    return {
      path: named,
      format: "parquet",
      ...stagedSource(staged),
      columns: columnNames(fields.map(({ name }) => name)),
      rows,
      rejected: [],
      separator: null,
      notes: [],
    };
  } catch (error) {
    if (error instanceof BadConfig) throw error;
    throw new BadConfig(`${named} cannot be read as Parquet: ${shown((error as Error).message.split("\n")[0] ?? "")}`);
  }
}

interface Field {
  /** `properties.variant` for a field of a column of objects. */
  readonly name: string;
  readonly sql: string;
  readonly type: string;
}

/** The fields of a column of objects as columns, as in JSON; other columns as they are. */
function fieldsOf(name: string, sql: string, type: string, depth = 1): Field[] {
  const inner = /^STRUCT\((.*)\)$/.exec(type)?.[1];
  if (inner === undefined || depth === MAX_DEPTH) return [{ name, sql, type }];
  return structFields(inner).flatMap(([field, fieldType]) =>
    fieldsOf(`${name}.${field}`, `${sql}.${quoted(field)}`, fieldType, depth + 1),
  );
}

/** Names and types of `"a" INTEGER, b STRUCT(c DECIMAL(9,2))`. */
function structFields(inner: string): [name: string, type: string][] {
  const fields: [string, string][] = [];
  let [begin, depth, isQuoted] = [0, 0, false];
  for (let at = 0; at <= inner.length; at += 1) {
    const sign = inner[at];
    if (sign === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (sign === "(") depth += 1;
    else if (sign === ")") depth -= 1;
    else if ((sign === "," && depth === 0) || sign === undefined) {
      const [, quotedName, name = "", type = ""] =
        /^\s*(?:"((?:[^"]|"")*)"|(\S+))\s+(.*)$/s.exec(inner.slice(begin, at)) ?? [];
      fields.push([quotedName?.replaceAll('""', '"') ?? name, type]);
      begin = at + 1;
    }
  }
  return fields;
}

/** SQL for a value's text: all digits of numbers, the JSON form of other values. */
function textOf(column: string, type: string): string {
  if (/^(STRUCT|MAP|UNION)|\[\d*\]$/.test(type)) return `cast(to_json(${column}) as varchar)`;
  return `nullif(trim(cast(${column} as varchar)), '')`;
}
