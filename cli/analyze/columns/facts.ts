import type { Engine } from "../../../server/analysis/engine.ts";
import { isMissing, isNo, isYes, plainNumber } from "./cells.ts";

/** Statistics of a column's cells over all counted rows. */
export interface Facts {
  readonly present: number;
  readonly missing: number;
  /** Number of distinct values; an estimate within a few per cent for many rows. */
  readonly distinct: number;
  readonly yes: number;
  readonly no: number;
  /** Plain numbers, and those among them other than 0 and 1. */
  readonly numbers: number;
  readonly others: number;
  readonly min: number | null;
  readonly max: number | null;
  /** Cells that are numbers with a currency, a percent sign or separators. */
  readonly styled: number;
  /** Whether all numbers are whole. */
  readonly whole: boolean;
}

/** Digits with signs, separators, currencies or percent signs. */
const STYLED = "'[-+($€£¥ ]*\\d[\\d.,''\\s\\x{a0}\\x{202f}]*[%€$£)]*'";

/** Row count from which distinct values are estimated and columns are examined one by one. */
const MANY_ROWS = 100_000;
/** Columns with a larger share of distinct values are not worth grouping. */
const MANY_VALUES = 1 / 3;

/**
 * Computes the facts of the columns of some rows. Each distinct value is examined once.
 */
export async function factsOf(
  engine: Engine,
  rows: string,
  columns: readonly string[],
  count: number,
  yesWords: readonly string[],
): Promise<Facts[]> {
  if (columns.length === 0) return [];
  if (count <= MANY_ROWS) {
    const cells = `select unnest(range(${columns.length})) as place, unnest([${columns.join(", ")}]) as v ${rows}`;
    const grouped = `select place, v, count(*) as n from (${cells}) as cells group by place, v`;
    return factsIn(engine, grouped, columns.length, yesWords);
  }
  const [estimates] = await engine.rows<bigint[]>({
    text: `select ${columns.map((c) => `approx_count_distinct(${c})`).join(", ")} ${rows}`,
    values: [],
  });
  const facts: Facts[] = [];
  for (const [place, c] of columns.entries()) {
    const distinct = Number(estimates?.[place]);
    const isId = distinct > count * MANY_VALUES;
    const grouped = isId
      ? `select 0 as place, ${c} as v, 1 as n ${rows}`
      : `select 0 as place, ${c} as v, count(*) as n ${rows} group by ${c}`;
    facts.push({ ...((await factsIn(engine, grouped, 1, isId ? null : yesWords))[0] as Facts), distinct });
  }
  return facts;
}

/**
 * Facts of grouped cells.
 *
 * @param yesWords null for columns with too many values to be yes/no columns
 */
async function factsIn(
  engine: Engine,
  grouped: string,
  width: number,
  yesWords: readonly string[] | null,
): Promise<Facts[]> {
  const found = await engine.rows<unknown[]>({
    text: `select place, coalesce(sum(n) filter (where v is not null and not missing), 0), coalesce(sum(n) filter (where v is null or missing), 0), count(v),
        coalesce(sum(n) filter (where yes), 0), coalesce(sum(n) filter (where no), 0), coalesce(sum(n) filter (where number is not null), 0),
        coalesce(sum(n) filter (where number not in (0, 1)), 0), min(number), max(number),
        coalesce(bool_and(number = floor(number)), false), coalesce(sum(n) filter (where styled), 0)
      from (select place, v, n, number, ${isMissing("v")} as missing,
          ${yesWords === null ? "false" : isYes("v", yesWords)} as yes, ${yesWords === null ? "false" : isNo("v")} as no,
          case when number is null then regexp_full_match(v, ${STYLED}) else false end as styled
        from (select place, v, n, ${plainNumber("v")} as number from (${grouped}) as grouped) as numbers) as looked_at
      group by place`,
    values: [],
  });
  const byPlace = new Map(found.map((row) => [Number(row[0]), row]));
  return Array.from({ length: width }, (_, place) => {
    const row = byPlace.get(place) ?? [];
    const of = (fact: number) => Number(row[fact] ?? 0);
    return {
      present: of(1),
      missing: of(2),
      distinct: of(3),
      yes: of(4),
      no: of(5),
      numbers: of(6),
      others: of(7),
      min: (row[8] ?? null) as number | null,
      max: (row[9] ?? null) as number | null,
      whole: row[10] === true,
      styled: of(11),
    };
  });
}

/** Share of cells that decides a column's kind. */
const MAJORITY = 2 / 3;

/** Whether a column is a yes/no column. */
export function isYesNo({ present, yes, no, numbers, others }: Facts): boolean {
  if (present === 0 || yes + no < present * MAJORITY) return false;
  const words = yes + no - (numbers - others);
  return others === 0 || words > others;
}

export function isNumeric(facts: Facts): boolean {
  return facts.present > 0 && facts.numbers + facts.styled >= facts.present * MAJORITY;
}

export const isMost = (some: number, all: number) => all > 0 && some >= all * MAJORITY;
