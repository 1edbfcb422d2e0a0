import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { quoted } from "../quoted.ts";
import { rowsOf } from "./csv-table.ts";
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
    const columns = described.map(([name, type], place) => `${textOf(quoted(name), type)} as c${place}`);
    await engine.run(
      `copy (select ${columns.join(", ")}, row_number() over () as line from ${source}) to ${literal(staged)} (format parquet)`,
    );
    const rows = await rowsOf(engine, staged);
    if (rows === 0) throw new BadConfig(`${named} has no row`);
    return {
      path: named,
      format: "parquet",
      ...stagedSource(staged),
      columns: columnNames(described.map(([name]) => name)),
      rows,
      rejected: [],
      notes: [],
    };
  } catch (error) {
    if (error instanceof BadConfig) throw error;
    throw new BadConfig(`${named} cannot be read as Parquet: ${shown((error as Error).message.split("\n")[0] ?? "")}`);
  }
}

/** SQL for a value's text: all digits of numbers, the JSON form of other values. */
function textOf(column: string, type: string): string {
  if (/^(STRUCT|MAP|UNION)|\[\d*\]$/.test(type)) return `cast(to_json(${column}) as varchar)`;
  return `nullif(trim(cast(${column} as varchar)), '')`;
}
