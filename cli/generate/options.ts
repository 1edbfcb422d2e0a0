import { extname } from "node:path";
import type { Options as YargsOption } from "yargs";
import { BadConfig } from "../../server/files/bad-config.ts";

export const FORMATS = ["ndjson", "csv", "parquet", "fake-web-events"] as const;
export type FormatName = (typeof FORMATS)[number];

export interface GenerateOptions {
  readonly visitors: number;
  readonly days: number;
  /** First day of the log, in milliseconds since 1970. */
  readonly startMs: number;
  /** Probability that a visit is followed by another one of the same visitor. */
  readonly returning: number;
  readonly seed: string;
  /** Value of `--experiments`. */
  readonly experiments: string;
  /** Values of `--effect`, one effect each. */
  readonly effects: readonly string[];
  readonly format: FormatName;
  /** Path of the file to write; null for standard output. */
  readonly output: string | null;
}

const DEFAULT_EXPERIMENTS = "checkout:A=50,B=50;headline:A=50,B=50";
const MAX_VISITORS = 20_000_000;

const text = (describe: string) => ({ type: "string", requiresArg: true, describe }) as const;

/** Every flag of `generate`; all take text, because yargs accepts `-n abc` as NaN. */
export const GENERATE_OPTIONS = {
  visitors: { ...text(`visitors, 1 to ${MAX_VISITORS.toLocaleString("en")} [default 10000]`), alias: "n" },
  days: text("days that they come on, 1 to 366 [default 14]"),
  start: text("first day, in UTC [default 2026-01-01]"),
  returning: text("share of visits that are followed by another one of the visitor, 0% to 90% [default 25%]"),
  seed: text("same seed, same log [default 1]"),
  experiments: text(
    `a data folder, a JSON file of experiments, or key:group=weight,… [default "${DEFAULT_EXPERIMENTS}"]`,
  ),
  effect: text(
    "what a group does, with commas or given again: checkout.B.confirmation=+20%; goals are product_a, product_b, cart, payment, confirmation, and purchase for its amount",
  ),
  format: text(`${FORMATS.join(", ")} [default: by the file's name, else ndjson]`),
  output: { ...text("file to write [default: standard output]"), alias: "o" },
} as const satisfies Record<string, YargsOption>;

/** Throws BadConfig naming the flag, the value and what is allowed. */
export function parseGenerateOptions(flags: Readonly<Record<string, unknown>>): GenerateOptions {
  const given = (name: keyof typeof GENERATE_OPTIONS): string | null => {
    const value = flags[name];
    if (value === undefined) return null;
    if (Array.isArray(value)) throw new BadConfig(`--${name} is given ${value.length} times: allowed is once`);
    if (value === "") throw new BadConfig(`--${name} is empty: it needs a value`);
    return String(value);
  };
  const whole = (name: "visitors" | "days", fallback: number, max: number): number => {
    const value = given(name) ?? String(fallback);
    if (/^\d{1,9}$/.test(value) && Number(value) >= 1 && Number(value) <= max) return Number(value);
    throw new BadConfig(`--${name} is "${value}": allowed are whole numbers from 1 to ${max.toLocaleString("en")}`);
  };
  const path = given("output");
  const output = path === "-" ? null : path;
  return {
    visitors: whole("visitors", 10_000, MAX_VISITORS),
    days: whole("days", 14, 366),
    startMs: parseStart(given("start") ?? "2026-01-01"),
    returning: parseReturning(given("returning") ?? "25%"),
    seed: given("seed") ?? "1",
    experiments: given("experiments") ?? DEFAULT_EXPERIMENTS,
    effects: parseList(flags.effect),
    format: parseFormat(given("format"), output),
    output,
  };
}

function parseStart(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00.000Z`) : Number.NaN;
  // Compare the result: Date reads 30 February as 2 March.
  if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)) return ms;
  throw new BadConfig(`--start is "${text}": allowed is a day such as 2026-01-31`);
}

function parseReturning(text: string): number {
  const [, number = "", percent = ""] = /^(\d{1,3}(?:\.\d{1,6})?)(%?)$/.exec(text) ?? [];
  const share = Number(number) / (percent === "" ? 1 : 100);
  if (number !== "" && share <= 0.9) return share;
  throw new BadConfig(`--returning is "${text}": allowed are shares from 0% to 90%`);
}

function parseList(value: unknown): string[] {
  const texts = value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)];
  return texts.flatMap((text) => text.split(",")).map((text) => text.trim());
}

function parseFormat(name: string | null, output: string | null): FormatName {
  const ending = output === null ? "" : extname(output).slice(1).toLowerCase();
  const wanted = name ?? (ending === "csv" || ending === "parquet" ? ending : "ndjson");
  const format = FORMATS.find((one) => one === wanted);
  if (format) return format;
  throw new BadConfig(`--format is "${wanted}": allowed are ${FORMATS.join(", ")}`);
}
