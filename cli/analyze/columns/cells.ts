import { literal } from "../../../server/analysis/duckdb-dialect.ts";

/** Spellings of a missing value. */
const MISSING = [
  "",
  "na",
  "n/a",
  "n.a.",
  "#n/a",
  "<na>",
  "nan",
  "nat",
  "null",
  "(null)",
  "nil",
  "none",
  "\\n",
  "-",
  "--",
  "–",
  "—",
  ".",
  "?",
  "undefined",
  "missing",
  "(not set)",
  "#value!",
  "#div/0!",
  "#ref!",
  "#name?",
];
const MAX_MISSING_BYTES = Math.max(...MISSING.map((word) => new TextEncoder().encode(word).length));
/** Spellings of a missing value that are also possible group names. */
const NAMES = ["none", "missing", "(not set)", "?", "."];

const YES = words(
  `1 1.0 1.00 true t yes y on converted success ja j wahr oui o vrai si sí verdadero vero sim verdadeiro tak да evet はい 是 x ✓ ✔`,
);
const NO = [
  ...words(`0 0.0 0.00 false f no n off failure nein falsch non faux falso não nao nie нет hayır いいえ 否 ✗ ✘`),
  "not converted",
];

function words(text: string): string[] {
  return text.split(" ");
}

/**
 * SQL condition that a cell is one of some words. DuckDB would make a join of each `in` list.
 */
const isOneOf = (cell: string, words: readonly string[]) =>
  `list_contains([${words.map(literal).join(", ")}], lower(${cell}))`;

/** SQL condition that a cell is missing. */
export const isMissing = (cell: string) =>
  // Skip cells that begin with a digit: looking them up takes as long as reading them.
  `(${cell} is null or case when ascii(${cell}) between 48 and 57 then false else ${isOneOf(cell, MISSING)} end)`;

/** SQL condition that a cell of names, such as groups, is missing: `none` is a name there. */
export const isUnnamed = (cell: string) =>
  // Skip IDs: looking them up takes as long as reading them.
  `(${cell} is null or strlen(${cell}) <= ${MAX_MISSING_BYTES} and ${isOneOf(
    cell,
    MISSING.filter((word) => !NAMES.includes(word)),
  )})`;

export const isYes = (cell: string, words: readonly string[]) =>
  isOneOf(cell, [...YES, ...words.map((word) => word.toLowerCase())]);
export const isNo = (cell: string) => isOneOf(cell, NO);

/** SQL condition that a cell is a plain number, as programs write it. */
export const plainNumber = (cell: string) =>
  `case when isfinite(try_cast(${cell} as double)) then try_cast(${cell} as double) end`;
