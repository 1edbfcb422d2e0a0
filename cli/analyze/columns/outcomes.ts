import type { Engine } from "../../../server/analysis/engine.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { Ambiguous } from "../ambiguous.ts";
import type { AnalyzeOptions } from "../options.ts";
import type { Table } from "../reading/table.ts";
import { answerSql, answers, saidAnswer } from "./answers.ts";
import { isMissing, isNo, isYes, plainNumber } from "./cells.ts";
import { type Facts, factsOf, isMost, isYesNo } from "./facts.ts";
import type { Mapping } from "./map-columns.ts";
import { placeOf } from "./map-columns.ts";
import { EXPOSED, isCovariateName, isIdName, isMomentName, isSerialName, isVariantName, normalised } from "./names.ts";
import { decimalsOf, numberChoices, numberStyle } from "./numbers.ts";

/** A column with an outcome of visitors. */
export interface Outcome {
  readonly place: number;
  readonly name: string;
  readonly kind: "binary" | "value";
  /** SQL for 1 and 0, or millionths of the value; null if the cell is missing or rejected. */
  readonly sql: string;
  readonly note: string | null;
}

/** The maximum of an experiment. */
export const MAX_GOALS = 20;
/** Larger values are implausible for a visitor, and their sums would overflow. */
export const MAX_VALUE = 1e9;

/** A value as a whole number of millionths, to the nearest. */
const millionthsOf = (value: string) =>
  `case when abs(${value}) <= ${MAX_VALUE} then cast(round_even(${value} * 1e6, 0) as bigint) end`;

const CALENDAR_DAY = "(?:19|20)\\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])(?:\\.0+)?";
const [FIRST_DAY, LAST_DAY] = [19_000_101, 20_991_231];
/** Share of cells of another kind from which they are no accidents. */
const MAX_STRAY = 0.01;
/** Share of distinct values of a column of serial numbers, which may have gaps and repeats. */
const NEARLY = 0.9;

type OutcomeOptions = Pick<AnalyzeOptions, "goals" | "decimal" | "yes" | "ignore" | "where" | "blank">;

/**
 * The outcomes of a table of visitors: the columns of `--goals`, or else each column of yes/no or
 * numbers that is not an index, ID or covariate, in the file's order.
 *
 * @param rows the counted rows: rejected ones do not affect a column's kind
 * @throws Ambiguous if a column's numbers have two readings
 */
export async function outcomesOf(
  engine: Engine,
  table: Table,
  mapping: Mapping,
  {
    rows,
    count,
    facts,
    options,
  }: { rows: string; count: number; facts: readonly Facts[] | null; options: OutcomeOptions },
): Promise<Outcome[]> {
  const { columns, path } = table;
  const taken = new Set([...mapping.roles.values(), ...mapping.aliases.keys()]);
  const isIgnored = (name: string) => options.ignore.some((other) => normalised(other) === normalised(name));
  const asked = options.goals?.map((name) => {
    const place = placeOf(columns, name);
    if (place === null)
      throw new BadConfig(`--goals has "${name}", which is no column of ${path}: allowed are ${columns.join(", ")}`);
    if (mapping.roles.get("variant") === place || mapping.roles.get("visitor") === place) {
      throw new BadConfig(`--goals has "${name}", which says who was in which group`);
    }
    return place;
  });
  const may = columns.flatMap((name, place) =>
    taken.has(place) ||
    isIgnored(name) ||
    isCovariateName(name) ||
    isIdName(name) ||
    (isVariantName(name) && !/^ab$/i.test(name))
      ? []
      : [place],
  );
  const places = asked ?? may;
  const found = facts
    ? places.map((place) => facts[place] as Facts)
    : await factsOf(
        engine,
        rows,
        places.map((place) => `c${place}`),
        count,
        options.yes,
      );
  const outcomes: Outcome[] = [];
  for (const [at, place] of places.entries()) {
    const outcome = await outcomeOf(place, found[at] as Facts, asked !== undefined);
    if (outcome) outcomes.push(outcome);
    // Keep one more than a report has, as a sign that there are more.
    if (outcomes.length > MAX_GOALS && asked === undefined) break;
  }
  return outcomes;

  async function outcomeOf(place: number, fact: Facts, isAsked: boolean): Promise<Outcome | null> {
    const [cell, name] = [`c${place}`, columns[place] as string];
    if (fact.present === 0) {
      if (isAsked) throw new BadConfig(`${path} has no cell in ${name}, so it can be no goal`);
      return null;
    }
    const words = await answers(engine, cell, rows, fact, options.yes);
    const said = words && saidAnswer({ name, path, words, fact, isAsked, options });
    if (said) return { place, name, kind: "binary", sql: orBlank(answerSql(cell, said), cell), note: said.note };
    const decimals = decimalsOf(engine, table, rows, options.decimal);
    let numbers: ReturnType<typeof numberStyle> | undefined;
    const styleOf = () => {
      numbers ??= numberStyle(engine, cell, rows, decimals);
      return numbers;
    };
    // Amounts of which most are 0: zeros are the word for no, too.
    const others = fact.present - fact.yes - fact.no;
    const hasAmounts = others > fact.yes && isMost((await styleOf()).fitting, fact.present);
    // A word for no among other words: no cell says what yes is.
    if (isYesNo(fact) && !hasAmounts && fact.yes === 0 && others > fact.present * MAX_STRAY) {
      if (!isAsked) return null;
      throw new BadConfig(
        `--goals has "${name}", which in ${path} says no in ${fact.no} cells and never yes: words for yes may be said by --yes`,
      );
    }
    if (isYesNo(fact) && !hasAmounts) {
      if (!isAsked && EXPOSED.has(normalised(name)) && !options.where?.includes(name)) {
        throw new Ambiguous(`${path} has ${name}, which may say who was exposed, or what came of it`, [
          { flag: "where", value: `${name} = 1` },
          { flag: "goals", value: name },
        ]);
      }
      const sql = `case when ${isYes(cell, options.yes)} then 1 when ${isNo(cell)} then 0 end`;
      return { place, name, kind: "binary", sql: orBlank(sql, cell), note: null };
    }
    const isPlain = fact.numbers === fact.present && !decimals.isOpen;
    const style = isPlain
      ? { sql: plainNumber(cell), fitting: fact.numbers, note: null, problem: null, isDecimal: false }
      : await styleOf();
    if (!isMost(style.fitting, fact.present)) {
      if (!isAsked) return null;
      if (options.blank === "no") {
        const sql = `cast(not ${isMissing(cell)} as integer)`;
        return { place, name, kind: "binary", sql, note: "every cell with something in it means yes" };
      }
      const cells = `${style.fitting} of ${fact.present} cells are numbers and ${fact.yes + fact.no} are yes or no`;
      throw new BadConfig(
        `--goals has "${name}", which is no outcome in ${path}: ${cells}; more words for yes may be said by --yes`,
      );
    }
    if (style.problem !== null) {
      throw new Ambiguous(`${path}: the column ${name} ${style.problem}`, numberChoices(style, name));
    }
    const sql = millionthsOf(`(${style.sql})`);
    if (!isAsked && (await isNumbering(cell, name, fact))) return null;
    const isBeyond = Math.min(Math.abs(fact.min ?? 0), Math.abs(fact.max ?? 0)) > MAX_VALUE;
    if (isBeyond && !isAsked) return null;
    return { place, name, kind: "value", sql: orBlank(sql, cell), note: style.note };
  }

  /** Whether whole numbers are days, such as 20260301, moments, or the numbers of orders. */
  async function isNumbering(cell: string, name: string, fact: Facts): Promise<boolean> {
    if (!fact.whole || fact.numbers < fact.present) return isMomentName(name) && fact.numbers === fact.present;
    if (isMomentName(name)) return true;
    if (isSerialName(name) && fact.distinct >= fact.present * NEARLY) return true;
    if ((fact.min ?? 0) < FIRST_DAY || (fact.max ?? 0) > LAST_DAY) return false;
    const [row] = await engine.rows<[bigint]>({
      text: `select count(*) ${rows} and not ${isMissing(cell)} and not regexp_full_match(${cell}, '${CALENDAR_DAY}')`,
      values: [],
    });
    return row?.[0] === 0n;
  }

  /** `--blank no`: an empty cell means no conversion. */
  function orBlank(sql: string, cell: string): string {
    return options.blank === "no" ? `case when ${isMissing(cell)} then 0 else ${sql} end` : sql;
  }
}

/** SQL condition that a cell is present but not understood. */
export const isRejectedCell = (cell: string, sql: string) => `(not ${isMissing(cell)} and (${sql}) is null)`;
