import type { Options as YargsOption } from "yargs";
import { BadConfig } from "../../server/files/bad-config.ts";
import type { Decimal } from "./columns/numbers.ts";

export interface AnalyzeOptions {
  /** Paths of files of events or visitors, `-` for standard input, and data folders. */
  readonly paths: readonly string[];
  /** Keys of experiments; null for all in the files. */
  readonly experiments: readonly string[] | null;
  /** The control; null for the first of `control`, `A`, and the first by name. */
  readonly control: string | null;
  /** Names of events or columns; null for all possible goals. */
  readonly goals: readonly string[] | null;
  /** Weight by group, if not in the files; null for equal weights. */
  readonly weights: ReadonlyMap<string, number> | null;
  /** The epoch to report; null for the last one with devices. */
  readonly epoch: number | null;
  /** The simulator's run to count; null for real visitors. */
  readonly run: string | null;
  /** The data is complete, and no decision was based on it before. */
  readonly isFinished: boolean;
  /** Columns by role. */
  readonly columns: ReadonlyMap<string, string>;
  /** Columns to ignore. */
  readonly ignore: readonly string[];
  /** Condition of the rows that count, such as `responded = 1`. */
  readonly where: string | null;
  /**
   * Experiments to assign visitors to, if the files have no groups: the input of `readDefinitions`.
   */
  readonly assign: string | null;
  /** Column of the unit by which rows are aggregated. */
  readonly unit: string | null;
  /** Zone of times without a zone. */
  readonly timezone: string;
  readonly dates: "day" | "month" | null;
  readonly decimal: Decimal | null;
  readonly separator: string | null;
  readonly encoding: string | null;
  /** Names for the columns of files without a header. */
  readonly header: readonly string[] | null;
  /** Additional words for yes. */
  readonly yes: readonly string[];
  /** Meaning of a goal's empty cell; null if not known. */
  readonly blank: "no" | "unknown" | null;
  readonly isInteractive: boolean;
  readonly json: boolean;
  readonly explain: boolean;
  /** Output files of the report. */
  readonly html: string | null;
  readonly csv: string | null;
  readonly markdown: string | null;
  /** Conditions for exit code 1. */
  readonly failOn: readonly FailOn[];
}

/** Verdicts, and problems of the data. */
export const FAIL_ON = ["worse", "better", "unclear", "early", "srm", "rejected"] as const;
export type FailOn = (typeof FAIL_ON)[number];

const ROLES = ["visitor", "variant", "experiment", "time", "event", "value", "visitors"] as const;

const text = (describe: string) => ({ type: "string", requiresArg: true, describe }) as const;

export const ANALYZE_OPTIONS = {
  columns: text(
    `columns by role: visitor=user_id,variant=group; roles are ${ROLES.join(", ")} [default: by their names]`,
  ),
  ignore: text("columns to leave out, with commas"),
  goals: {
    ...text(
      "events, columns of outcomes, or pages as page:/path, with commas, the primary one first [default: all that may be]",
    ),
    alias: "goal",
  },
  control: text("group that others are compared with [default: control, A, or the first by name]"),
  weights: text(
    "weights that the groups had: A=90,B=10 [default: those of experiments.json in a data folder, else equal]",
  ),
  experiment: text("keys of experiments, with commas [default: all]"),
  where: text("rows that count: 'country = DE and age >= 18'"),
  assign: text("experiments of a log without groups, assigned by our hash: a JSON file, or key:group=weight,…"),
  unit: text("column whose rows are one unit, added up, such as a store"),
  timezone: text("zone of times that name none: Europe/Berlin [default: UTC]"),
  dates: text("which comes first in 01/02/2026: day or month [default: as the column proves]"),
  decimal: text("decimal sign: point or comma [default: as the column proves]"),
  separator: text("what separates cells [default: found]"),
  encoding: text("utf-8, utf-16le, windows-1252 and the like [default: found]"),
  header: text("names of the columns of a file without a header, with commas"),
  yes: text("more words for yes, with commas"),
  blank: text("what an empty cell of a goal means: no or unknown [default: unknown, left out]"),
  epoch: text("number of the period to report [default: the last one]"),
  run: text("count the events of this run of the simulator instead of real visitors"),
  finished: { type: "boolean", describe: "the data is complete, and nobody decided by it before: one test decides" },
  interactive: { type: "boolean", describe: "ask, on a terminal, where two readings are possible" },
  json: { type: "boolean", describe: "print one JSON document" },
  explain: { type: "boolean", describe: "print the formulas too" },
  html: text("write the report, with plots, to this file"),
  csv: text("write a row per experiment, goal and group to this file"),
  markdown: text("write the report as Markdown to this file"),
  "fail-on": text(`exit with 1 on any of these, with commas: ${FAIL_ON.join(", ")}`),
} as const satisfies Record<string, YargsOption>;

/** Throws BadConfig naming the flag, the value and what is allowed. */
export function parseAnalyzeOptions(flags: Readonly<Record<string, unknown>>): AnalyzeOptions {
  const given = (name: string): string | null => {
    const value = flags[name];
    if (value === undefined) return null;
    if (Array.isArray(value)) throw new BadConfig(`--${name} is given ${value.length} times: allowed is once`);
    if (value === "") throw new BadConfig(`--${name} is empty: it needs a value`);
    return String(value);
  };
  const list = (name: string): string[] | null => {
    const names = given(name)
      ?.split(",")
      .map((one) => one.trim());
    if (names?.includes(""))
      throw new BadConfig(`--${name} is "${given(name)}": allowed are names with commas between`);
    return names ?? null;
  };
  const oneOf = <Value extends string>(name: string, allowed: readonly Value[]): Value | null => {
    const value = given(name);
    if (value === null || allowed.includes(value as Value)) return value as Value | null;
    throw new BadConfig(`--${name} is "${value}": allowed are ${allowed.join(", ")}`);
  };
  const epoch = given("epoch");
  if (epoch !== null && !/^\d{1,15}$/.test(epoch)) {
    throw new BadConfig(`--epoch is "${epoch}": allowed are whole numbers from 0`);
  }
  const weights = list("weights")?.map((entry): [string, number] => {
    const [, group = "", weight = ""] = /^(.+)=(\d{1,15})$/.exec(entry) ?? [];
    if (group === "") throw new BadConfig(`--weights has "${entry}": allowed is group=whole number, such as A=90,B=10`);
    return [group, Number(weight)];
  });
  const columns = (list("columns") ?? []).map((entry): [string, string] => {
    const [, role = "", column = ""] = /^([^=]+)=(.+)$/.exec(entry) ?? [];
    if (!(ROLES as readonly string[]).includes(role)) {
      throw new BadConfig(`--columns has "${entry}": allowed is role=column, of the roles ${ROLES.join(", ")}`);
    }
    return [role, column];
  });
  const failOn = list("fail-on") ?? [];
  const wrong = failOn.find((name) => !(FAIL_ON as readonly string[]).includes(name));
  if (wrong !== undefined) throw new BadConfig(`--fail-on has "${wrong}": allowed are ${FAIL_ON.join(", ")}`);
  const separator = given("separator");
  const sign = separator === "\\t" || separator === "tab" ? "\t" : separator;
  if (sign !== null && [...sign].length !== 1) {
    throw new BadConfig(`--separator is "${sign}": allowed is one character, or tab`);
  }
  return {
    paths: (flags.files as readonly string[]).map(String),
    experiments: list("experiment"),
    control: given("control"),
    goals: list("goals"),
    weights: weights ? once("weights", weights) : null,
    epoch: epoch === null ? null : Number(epoch),
    run: given("run"),
    isFinished: flags.finished === true,
    columns: once("columns", columns),
    ignore: list("ignore") ?? [],
    where: given("where"),
    assign: given("assign"),
    unit: given("unit"),
    timezone: zoneOf(given("timezone") ?? "UTC"),
    dates: oneOf("dates", ["day", "month"]),
    decimal: oneOf("decimal", ["point", "comma"]),
    separator: sign,
    encoding: given("encoding"),
    header: list("header"),
    yes: list("yes") ?? [],
    blank: oneOf("blank", ["no", "unknown"]),
    isInteractive: flags.interactive === true,
    json: flags.json === true,
    explain: flags.explain === true,
    html: given("html"),
    csv: given("csv"),
    markdown: given("markdown"),
    failOn: failOn as FailOn[],
  };
}

function zoneOf(name: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone === "UTC" ? "UTC" : name;
  } catch {
    throw new BadConfig(`--timezone is "${name}": allowed are names of the time zone database, such as Europe/Berlin`);
  }
}

/** A map of pairs. Throws BadConfig if a flag gives two values to one name. */
function once<Value extends string | number>(flag: string, pairs: readonly (readonly [string, Value])[]) {
  const found = new Map<string, Value>();
  for (const [name, value] of pairs) {
    const other = found.get(name);
    if (other !== undefined && other !== value) {
      throw new BadConfig(`--${flag} has ${name}=${other} and ${name}=${value}: allowed is one of them`);
    }
    found.set(name, value);
  }
  return found;
}
