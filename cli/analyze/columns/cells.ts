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

const YES = ["1", "1.0", "1.00", "true", "t", "yes", "y", "on", "converted", "success", "ja", "oui", "si", "sí"];
const NO = ["0", "0.0", "0.00", "false", "f", "no", "n", "off", "not converted", "failure", "nein", "non"];

const list = (words: readonly string[]) => `(${words.map(literal).join(", ")})`;

/** Whether a cell says nothing. */
export const isMissing = (cell: string) =>
  // What begins with a digit is none of the words; to look it up takes the time of reading it.
  `(${cell} is null or case when ascii(${cell}) between 48 and 57 then false else lower(${cell}) in ${list(MISSING)} end)`;

/** Whether a cell of names, such as a group's, says nothing: `none` is a name there. */
export const isUnnamed = (cell: string) =>
  `(${cell} is null or lower(${cell}) in ${list(MISSING.filter((word) => !NAMES.includes(word)))})`;

export const isYes = (cell: string, words: readonly string[]) =>
  `lower(${cell}) in ${list([...YES, ...words.map((word) => word.toLowerCase())])}`;
export const isNo = (cell: string) => `lower(${cell}) in ${list(NO)}`;

/** A plain number, as programs write it. */
export const plainNumber = (cell: string) =>
  `case when isfinite(try_cast(${cell} as double)) then try_cast(${cell} as double) end`;
