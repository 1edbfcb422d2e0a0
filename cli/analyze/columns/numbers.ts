import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import type { Choice } from "../ambiguous.ts";
import type { Table } from "../reading/table.ts";
import { isMissing } from "./cells.ts";

/** The number format of a column. */
export interface NumberStyle {
  /** SQL for a double; null if a cell is not a number of this style. */
  readonly sql: string;
  /** Number of cells with such numbers. */
  readonly fitting: number;
  /** A note for the reader, such as that 27.2% is 0.272. */
  readonly note: string | null;
  /** The ambiguity that prevents reading the column; null without one. */
  readonly problem: string | null;
  /** Whether `--decimal` resolves it. */
  readonly isDecimal: boolean;
}

const CURRENCY =
  "R\\$|[$€£¥₹₩₽₺₪฿]|\\b(?:USD|EUR|GBP|JPY|CHF|CAD|AUD|SEK|NOK|DKK|PLN|CZK|INR|BRL|kr|zł|Kč)\\b\\.?|zł|Kč";
/** Units behind a number. Without m and k, which have several meanings. */
const UNIT =
  "ms|s|secs?|seconds?|sek|mins?|minutes?|h|hrs?|hours?|std|d|days?|kg|g|mg|lbs?|km|cm|mm|mi|miles?|px|kb|mb|gb|pcs|items?|pts|points?|clicks?|times|x";
const THOUSANDS_SPACE = "[ \\x{a0}\\x{2009}\\x{202f}'’]";

const GAP = "[\\s\\x{a0}\\x{202f}]*";

const SIGN = "[-+]?";
const EXPONENT = "(?:[eE][-+]?\\d+)?";
/** Indian groups of digits: 1,20,000. */
const LAKHS = "\\d{1,2}(?:,\\d{2})+,\\d{3}";
const FORMS = {
  point_ambiguous: `${SIGN}[1-9]\\d{0,2}\\.\\d{3}`,
  comma_ambiguous: `${SIGN}[1-9]\\d{0,2},\\d{3}`,
  point_decimal: `${SIGN}(?:\\d*\\.\\d+|\\d+\\.)${EXPONENT}`,
  comma_thousands: `${SIGN}(?:\\d{1,3}(?:(?:,\\d{3}){2,}(?:\\.\\d+)?|,\\d{3}\\.\\d+)|${LAKHS}(?:\\.\\d+)?)`,
  comma_decimal: `${SIGN}\\d*,\\d+${EXPONENT}`,
  point_thousands: `${SIGN}\\d{1,3}(?:(?:\\.\\d{3}){2,}(?:,\\d+)?|\\.\\d{3},\\d+)`,
  whole: `${SIGN}\\d+${EXPONENT}`,
} as const;
type Form = keyof typeof FORMS;

const STYLED = {
  point: `${SIGN}(?:\\d{1,3}(?:,\\d{3})+|${LAKHS}|\\d+)?(?:\\.\\d*)?${EXPONENT}`,
  comma: `${SIGN}(?:\\d{1,3}(?:\\.\\d{3})+|\\d+)?(?:,\\d*)?${EXPONENT}`,
} as const;
export type Decimal = keyof typeof STYLED;

/** Flags that resolve the ambiguity of a column's numbers. */
export function numberChoices({ isDecimal }: Pick<NumberStyle, "isDecimal">, column: string): Choice[] {
  const decimals = (["comma", "point"] as const).map((value) => ({ flag: "decimal", value }));
  return [...(isDecimal ? decimals : []), { flag: "ignore", value: column }];
}

/** Evidence of a table's decimal sign from outside the column itself. */
export interface Decimals {
  readonly said: Decimal | null;
  /**
   * Whether cells are separated by another sign than commas, as spreadsheets of countries with
   * decimal commas do: 1,200 and 1.200 may then mean either number.
   */
  readonly isOpen: boolean;
  /** Decimal sign of the columns that allow only one reading; null without such columns. */
  readonly others: () => Promise<Decimal | null>;
}

/** Evidence from a table's other columns, examined only if one of them needs it. */
export function decimalsOf(
  engine: Engine,
  { columns, separator }: Pick<Table, "columns" | "separator">,
  rows: string,
  said: Decimal | null,
): Decimals {
  return {
    said,
    isOpen: separator !== null && separator !== ",",
    others: async () => {
      const comma = `regexp_full_match(c, ${literal(`(?:${CURRENCY})?${GAP}(?:${FORMS.comma_decimal}|${FORMS.point_thousands})${GAP}(?:${CURRENCY}|%)?`)})
        and not regexp_full_match(c, ${literal(FORMS.comma_ambiguous)})`;
      const point = `regexp_full_match(c, ${literal(`(?:${CURRENCY})?${GAP}(?:${FORMS.point_decimal}|${FORMS.comma_thousands})${GAP}(?:${CURRENCY}|%)?`)})
        and not regexp_full_match(c, ${literal(FORMS.point_ambiguous)})`;
      const cells = columns.map((_, place) => `select c${place} as c from sampled`).join(" union all ");
      const [row] = await engine.rows<[bigint, bigint]>({
        text: `with sampled as materialized (select * ${rows} limit ${LOOKED_AT})
          select count(*) filter (where ${comma}), count(*) filter (where ${point}) from (${cells}) as cells`,
        values: [],
      });
      const [commas, points] = (row ?? []).map(Number) as [number, number];
      return commas > 0 && points === 0 ? "comma" : points > 0 && commas === 0 ? "point" : null;
    },
  };
}

/** Rows examined for the other columns' decimal sign; arbitrary. */
const LOOKED_AT = 1000;

/**
 * Up to this share, cells of another style are rejected individually; above it the column has no
 * style.
 */
const FEW = 0.1;

/**
 * SQL for a cell without currency, unit, percent sign, accounting parentheses, trailing minus and
 * spaces between thousands.
 */
function bare(cell: string): string {
  const ends = `'(?i)^(\\(?[-+−]?)${GAP}(?:${CURRENCY})${GAP}|${GAP}(?:${CURRENCY}|%)${GAP}(\\)?)$'`;
  const unit = literal(`(?i)(\\d)${GAP}(?:${UNIT})$`);
  const minus = literal(`^([^-].*\\d)${GAP}-$`);
  const inner = `replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(${cell}, ${unit}, '\\1'), ${ends}, '\\1\\2', 'g'), '^\\((.+)\\)$', '-\\1'), ${minus}, '-\\1'), '−', '-')`;
  return `(case when regexp_matches(${cell}, ${literal(THOUSANDS_SPACE)})
    and regexp_full_match(${inner}, ${literal(`${SIGN}\\d{1,3}(?:${THOUSANDS_SPACE}\\d{3})+(?:[.,]\\d+)?`)})
    then regexp_replace(${inner}, ${literal(THOUSANDS_SPACE)}, '', 'g') else ${inner} end)`;
}

/**
 * Finds the style of a column's numbers from all of its cells.
 *
 * @param rows the `from` and `where` of a query for the cells
 */
export async function numberStyle(
  engine: Engine,
  cell: string,
  rows: string,
  { said, isOpen, others: elsewhere }: Decimals,
): Promise<NumberStyle> {
  const cases = Object.entries(FORMS).map(
    ([form, pattern]) => `when regexp_full_match(b, ${literal(pattern)}) then '${form}'`,
  );
  const found = await engine.rows<[string | null, boolean, string, bigint, string, bigint, bigint, string]>({
    text: `select case ${cases.join(" ")} end as form, contains(c, '%') as percent,
        lower(regexp_extract(c, ${literal(`(?i)(?:${CURRENCY})`)})) as currency,
        count(*), min(c), min(length(split_part(b, ',', 2))), max(length(split_part(b, ',', 2))),
        lower(regexp_extract(c, ${literal(`(?i)\\d${GAP}(${UNIT})$`)}, 1)) as unit
      from (select ${cell} as c, ${bare(cell)} as b ${rows} and not ${isMissing(cell)}) as cells group by 1, 2, 3, unit order by unit, 1, 2, 3`,
    values: [],
  });
  const rowsOf = (...forms: Form[]) => found.filter(([form]) => forms.includes(form as Form));
  const count = (some: typeof found) => some.reduce((sum, row) => sum + Number(row[3]), 0);
  const example = (some: typeof found) => some[0]?.[4] ?? "";
  const numbers = found.filter(([form]) => form !== null);
  const total = count(numbers);
  const few = total * FEW;

  const problems: string[] = [];
  const currencies = [...new Set(numbers.map(([, , currency]) => currency).filter((name) => name !== ""))];
  if (currencies.length > 1) problems.push(`has several currencies, ${currencies.join(" and ")}`);

  const units = [...new Set(numbers.map((row) => row[7]).filter((name) => name !== ""))];
  if (units.length > 1) problems.push(`has several units, ${units.join(" and ")}`);

  const percents = numbers.filter(([, isPercent]) => isPercent);
  const others = numbers.filter(([, isPercent, , , text]) => !isPercent && !/^0+([.,]0+)?$/.test(text));
  const isPercent = percents.length > 0 && count(others) <= few;
  if (percents.length > 0 && count(others) > few && count(percents) > few) {
    problems.push(`has ${example(percents)} with a percent sign beside ${example(others)} without one`);
  }

  const point = rowsOf("point_decimal", "comma_thousands");
  const comma = rowsOf("comma_decimal", "point_thousands");
  const either = rowsOf("comma_ambiguous");
  const points = rowsOf("point_ambiguous");
  const otherProblems = problems.length;
  let decimal: Decimal = "point";
  if (said !== null) decimal = said;
  else if (count(point) > 0 && count(comma) > 0) {
    decimal = count(point) >= count(comma) ? "point" : "comma";
    const minority = decimal === "point" ? comma : point;
    if (count(minority) > few) problems.push(`has ${example(point)} beside ${example(comma)}`);
  } else if (count(comma) > 0) {
    decimal = "comma";
    const decimals = rowsOf("comma_decimal");
    const lengths = decimals.flatMap((row) => [Number(row[5]), Number(row[6])]);
    const areThree = lengths.every((length) => length === 3);
    if (count(either) > 0 && !areThree && Math.max(...lengths) < 4) {
      problems.push(
        `has ${example(either)}, which could be ${asThousands(either)} or ${asDecimal(either)}, beside ${example(comma)}`,
      );
    }
  } else if (count(either) > 0 && count(point) === 0 && isOpen) {
    const other = await elsewhere();
    decimal = other ?? "point";
    if (other === null) {
      problems.push(`has ${example(either)}, which could be ${asThousands(either)} or ${asDecimal(either)}`);
    }
  } else if (count(points) > 0 && count(point) === 0 && isOpen) {
    const other = await elsewhere();
    decimal = other ?? "point";
    if (other === null) {
      problems.push(`has ${example(points)}, which could be ${asThousands(points)} or ${Number(example(points))}`);
    }
  }
  const notes = [
    ...(count([...comma, ...rowsOf("comma_thousands"), ...either]) > 0
      ? [decimal === "point" ? "commas separate thousands" : "a comma is the decimal sign"]
      : count(points) > 0 && decimal === "comma"
        ? ["points separate thousands"]
        : []),
    ...(isPercent ? [`${example(percents)} is a share of 1`] : []),
    ...(units.length === 1 ? [`in ${units[0]}`] : []),
    ...(currencies.length === 1 ? [`in ${currencies[0]?.toUpperCase()}`] : []),
  ];
  return {
    ...styled(cell, decimal, isPercent, percents.length > 0),
    fitting: total,
    note: notes.join(", ") || null,
    problem: problems[0] ?? null,
    isDecimal: otherProblems === 0 && problems.length > 0,
  };

  function asThousands(some: typeof found): string {
    return example(some).replace(/[^\d-]/g, "");
  }
  function asDecimal(some: typeof found): string {
    return String(
      Number(
        example(some)
          .replace(/[^\d,-]/g, "")
          .replace(",", "."),
      ),
    );
  }
}

function styled(cell: string, decimal: Decimal, isPercent: boolean, hasPercents: boolean): { sql: string } {
  const b = bare(cell);
  const digits = decimal === "point" ? `replace(${b}, ',', '')` : `replace(replace(${b}, '.', ''), ',', '.')`;
  const value = `try_cast(${digits} as double)`;
  const fits = [
    `regexp_full_match(${b}, ${literal(STYLED[decimal])})`,
    `isfinite(${value})`,
    // Reject a few numbers of the other kind; only 0 is the same in both.
    ...(hasPercents ? [`(contains(${cell}, '%') = ${isPercent} or ${value} = 0)`] : []),
  ];
  return { sql: `case when ${fits.join(" and ")} then ${isPercent ? `${value} / 100` : value} end` };
}
