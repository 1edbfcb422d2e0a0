import type { Engine } from "../../../server/analysis/engine.ts";
import { isMissing, isNo, isYes, plainNumber } from "./cells.ts";

/** What a column's cells look like, over all rows that count. */
export interface Facts {
  readonly present: number;
  readonly missing: number;
  /** Of many rows an estimate, within some per cent. */
  readonly distinct: number;
  readonly yes: number;
  readonly no: number;
  /** Plain numbers, and those of them that are neither 0 nor 1. */
  readonly numbers: number;
  readonly others: number;
  readonly min: number | null;
  readonly max: number | null;
  /** Cells that are numbers with a currency, a percent sign or separators. */
  readonly styled: number;
  /** Whether all numbers are whole. */
  readonly whole: boolean;
}

/** How many facts a query counts per column. */
const FACTS = 10;
/** Digits, with signs that numbers have. */
const STYLED = "'[-+($€£¥ ]*\\d[\\d.,''\\s]*[%€$£)]*'";

/** From so many rows on values are counted by an estimate. */
const MANY_ROWS = 100_000;

/** The facts of columns `c0` … of rows. */
export async function factsOf(
  engine: Engine,
  rows: string,
  columns: readonly string[],
  count: number,
  yesWords: readonly string[],
): Promise<Facts[]> {
  if (columns.length === 0) return [];
  const distinct = count > MANY_ROWS ? "approx_count_distinct" : "count(distinct ";
  const parts = columns.flatMap((c) => {
    const number = plainNumber(c);
    return [
      `count(*) filter (where not ${isMissing(c)})`,
      `${distinct}${distinct.endsWith(" ") ? "" : "("}${c})`,
      `count(*) filter (where ${isYes(c, yesWords)})`,
      `count(*) filter (where ${isNo(c)})`,
      `count(${number})`,
      `count(*) filter (where ${number} not in (0, 1))`,
      `min(${number})`,
      `max(${number})`,
      `coalesce(bool_and(${number} = floor(${number})), false)`,
      `count(case when ${number} is null then nullif(regexp_full_match(${c}, ${STYLED}), false) end)`,
    ];
  });
  const [row] = await engine.rows<unknown[]>({ text: `select ${parts.join(", ")} ${rows}`, values: [] });
  const of = (place: number, fact: number) => row?.[place * FACTS + fact];
  return columns.map((_, place) => ({
    present: Number(of(place, 0)),
    missing: count - Number(of(place, 0)),
    distinct: Number(of(place, 1)),
    yes: Number(of(place, 2)),
    no: Number(of(place, 3)),
    numbers: Number(of(place, 4)),
    others: Number(of(place, 5)),
    min: of(place, 6) as number | null,
    max: of(place, 7) as number | null,
    whole: of(place, 8) === true,
    styled: Number(of(place, 9)),
  }));
}

/** Most cells decide what a column is. */
const MOST = 2 / 3;

/** Whether a column answers yes or no. */
export function isYesNo({ present, yes, no, numbers, others }: Facts): boolean {
  if (present === 0 || yes + no < present * MOST) return false;
  const words = yes + no - (numbers - others);
  return others === 0 || words > others;
}

export function isNumeric(facts: Facts): boolean {
  return facts.present > 0 && facts.numbers + facts.styled >= facts.present * MOST;
}

export const isMost = (some: number, all: number) => all > 0 && some >= all * MOST;
