import { literal } from "../../../server/analysis/duckdb-dialect.ts";

/** What stands where nothing is known. */
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
/** A group may be called so. */
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
 * Condition that a cell is one of some words. DuckDB turns each `in (…)` into a join; this is none.
 */
const isOneOf = (cell: string, words: readonly string[]) =>
  `list_contains([${words.map(literal).join(", ")}], lower(${cell}))`;

/** Whether a cell says nothing. */
export const isMissing = (cell: string) =>
  // What begins with a digit is none of the words; to look it up takes the time of reading it.
  `(${cell} is null or case when ascii(${cell}) between 48 and 57 then false else ${isOneOf(cell, MISSING)} end)`;

/** Whether a cell of names, such as a group's, says nothing: `none` is a name there. */
export const isUnnamed = (cell: string) =>
  `(${cell} is null or ${isOneOf(
    cell,
    MISSING.filter((word) => !NAMES.includes(word)),
  )})`;

export const isYes = (cell: string, words: readonly string[]) =>
  isOneOf(cell, [...YES, ...words.map((word) => word.toLowerCase())]);
export const isNo = (cell: string) => isOneOf(cell, NO);

/** A plain number, as programs write it. */
export const plainNumber = (cell: string) =>
  `case when isfinite(try_cast(${cell} as double)) then try_cast(${cell} as double) end`;
