import type { Engine } from "../../../server/analysis/engine.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import type { Table } from "../reading/table.ts";
import { isMissing } from "./cells.ts";
import type { Facts } from "./facts.ts";
import type { Mapping } from "./map-columns.ts";
import { normalised } from "./names.ts";

/** A number that a spreadsheet shows with few digits, such as 4.91712E+11, and then saves so. */
export const ROUNDED = "[-+]?\\d(?:[.,]\\d+)?[eE]\\+\\d+";
/** A time without a day. */
const CLOCK = "\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?(?: ?[AaPp]\\.?[Mm]\\.?)?";
const DATE = /^(event|visit|server|local|utc)?(date|day|datum|fecha|data)(utc)?$/;
/** Alias of a column whose days belong to the clock times of another one. */
export const DATE_OF_TIME = "the date of the time";

/**
 * A table whose cells are joined where two columns hold one value, or spelled as in other files: a
 * date and a clock time, and ids that pandas wrote as `600001.0`.
 *
 * @throws BadConfig if ids have lost their digits
 */
export async function repairedCells(
  engine: Engine,
  table: Table,
  mapping: Mapping,
  facts: readonly Facts[],
  rows: string,
): Promise<{ table: Table; mapping: Mapping }> {
  const { roles } = mapping;
  const replaced: string[] = [];
  const notes: string[] = [];
  const aliases = new Map(mapping.aliases);
  const share = async (cell: string, pattern: string) => {
    const [row] = await engine.rows<[bigint, bigint]>({
      text: `select count(*), count(*) filter (where regexp_full_match(${cell}, '${pattern}')) ${rows} and not ${isMissing(cell)}`,
      values: [],
    });
    return Number(row?.[1] ?? 0) / Math.max(1, Number(row?.[0] ?? 0));
  };
  const has = async (cell: string, sign: string) => {
    const [row] = await engine.rows<[bigint]>({
      text: `select count(*) from (select 1 ${rows} and contains(${cell}, '${sign}') limit 1) as found`,
      values: [],
    });
    return row?.[0] === 1n;
  };
  const visitor = roles.get("visitor");
  const ids = visitor === undefined ? undefined : facts[visitor];
  if (visitor !== undefined && ids?.whole && ids.numbers === ids.present) {
    const cell = `c${visitor}`;
    const column = table.columns[visitor];
    if ((await has(cell, "+")) && (await share(cell, ROUNDED)) > 1 / 2) {
      const [row] = await engine.rows<[string]>({ text: `select min(${cell}) ${rows}`, values: [] });
      throw new BadConfig(
        `${table.path}: the ids in ${column}, such as ${row?.[0]}, were rounded by a spreadsheet: format the column as text there, and save again`,
      );
    }
    if ((await has(cell, ".")) && (await share(cell, "\\d+\\.0+")) > 0) {
      replaced.push(`regexp_replace(${cell}, '^(\\d+)\\.0+$', '\\1') as ${cell}`);
      notes.push(`${column}: ids such as 12.0 are read as 12`);
    }
  }
  const time = roles.get("time");
  if (time !== undefined && (facts[time]?.numbers ?? 0) < (facts[time]?.present ?? 0)) {
    const dates = table.columns.flatMap((name, place) =>
      place !== time && DATE.test(normalised(name)) && ![...roles.values()].includes(place) ? [place] : [],
    );
    const [date, ...others] = dates;
    if (date !== undefined && others.length === 0 && (await share(`c${time}`, CLOCK)) > 1 / 2) {
      replaced.push(`regexp_replace(c${date}, '[ T]00:00(:00(\\.0+)?)?$', '') || ' ' || c${time} as c${time}`);
      notes.push(`${table.columns[date]} and ${table.columns[time]} are read together`);
      aliases.set(date, DATE_OF_TIME);
    }
  }
  if (replaced.length === 0) return { table, mapping };
  const repaired = (source: string) => `(select * replace (${replaced.join(", ")}) from ${source}) as repaired`;
  return {
    table: {
      ...table,
      source: repaired(table.source),
      ...(table.unnumbered === undefined ? {} : { unnumbered: repaired(table.unnumbered) }),
      sample: repaired(table.sample),
      notes: [...table.notes, ...notes],
    },
    mapping: { ...mapping, aliases },
  };
}
