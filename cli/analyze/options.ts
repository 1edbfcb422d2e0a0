import type { Options as YargsOption } from "yargs";
import { BadConfig } from "../../server/files/bad-config.ts";

export interface AnalyzeOptions {
  /** Files of events or of devices, and data folders. */
  readonly paths: readonly string[];
  /** Keys of experiments; null for all that the files have. */
  readonly experiments: readonly string[] | null;
  /** The group that others are compared with; null for the first of `control`, `A`, and the first by name. */
  readonly control: string | null;
  /** Names of events; null for all that are no standard events. */
  readonly goals: readonly string[] | null;
  /** Weight by group, where the files do not say it; null for equal ones. */
  readonly weights: ReadonlyMap<string, number> | null;
  /** Null for the last one that has devices. */
  readonly epoch: number | null;
  /** The simulator's run to count; null for real visitors. */
  readonly run: string | null;
  /** Nothing more will come, and nobody decided by it before. */
  readonly isFinished: boolean;
  readonly json: boolean;
  /** Where to write the report as a page. */
  readonly html: string | null;
}

const text = (describe: string) => ({ type: "string", requiresArg: true, describe }) as const;

export const ANALYZE_OPTIONS = {
  experiment: text("keys of experiments, with commas [default: all]"),
  control: text("group that others are compared with [default: control, A, or the first by name]"),
  goals: text("names of events, with commas, the primary one first [default: all that are no standard events]"),
  weights: text(
    "weights that the groups had: A=90,B=10 [default: those of experiments.json in a data folder, else equal]",
  ),
  epoch: text("epoch to report [default: the last one]"),
  run: text("count the events of this run of the simulator instead of real visitors"),
  finished: { type: "boolean", describe: "the data is complete, and nobody decided by it before: one test decides" },
  json: { type: "boolean", describe: "print one JSON document" },
  html: text("write the report, with plots, to this file"),
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
    const names = given(name)?.split(",");
    if (names?.includes(""))
      throw new BadConfig(`--${name} is "${given(name)}": allowed are names with commas between`);
    return names ?? null;
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
  return {
    paths: (flags.files as readonly string[]).map(String),
    experiments: list("experiment"),
    control: given("control"),
    goals: list("goals"),
    weights: weights ? new Map(weights) : null,
    epoch: epoch === null ? null : Number(epoch),
    run: given("run"),
    isFinished: flags.finished === true,
    json: flags.json === true,
    html: given("html"),
  };
}
