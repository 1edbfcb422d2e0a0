import type { Options as YargsOption } from "yargs";
import { UsageError } from "../usage-error.ts";
import { DRILL_FAULTS, type DrillFault } from "./fault-names.ts";

export interface DrillOptions {
  readonly faults: readonly DrillFault[];
  /** Visits of each fault: a third before it, a third during it, a third after it. */
  readonly visits: number;
  /** How long each fault lasts at least. */
  readonly seconds: number;
  readonly json: boolean;
  readonly browserPath: string | null;
  readonly quiet: boolean;
}

const DEFAULT_VISITS = 9;
const MAX_VISITS = 300;
const DEFAULT_SECONDS = 2;
const MAX_SECONDS = 600;

/** All flags of `simulate drill`. */
export const DRILL_OPTIONS = {
  faults: { describe: `faults to try: ${DRILL_FAULTS.join(",")} [default all]`, type: "string", requiresArg: true },
  n: {
    alias: "visits",
    describe: `visits of each fault, 3 to ${MAX_VISITS} [default ${DEFAULT_VISITS}]`,
    type: "string",
    requiresArg: true,
  },
  seconds: {
    describe: `how long each fault lasts at least, 1 to ${MAX_SECONDS} [default ${DEFAULT_SECONDS}]`,
    type: "string",
    requiresArg: true,
  },
  json: { describe: "print one JSON document on stdout instead of the lines", type: "boolean" },
  "browser-path": { describe: "browser to use [FAIRSPLIT_BROWSER, CHROME_PATH]", type: "string", requiresArg: true },
  quiet: { alias: "q", describe: "no progress, only the result", type: "boolean" },
} as const satisfies Record<string, YargsOption>;

/** Parses the flags. Throws UsageError naming the flag, the value and what is allowed. */
export function parseDrillOptions(flags: Readonly<Record<string, unknown>>): DrillOptions {
  const text = (name: keyof typeof DRILL_OPTIONS): string | null => {
    const value = flags[name];
    const flag = name === "n" ? "-n" : `--${name}`;
    if (Array.isArray(value)) throw new UsageError(`${flag} is given ${value.length} times: allowed is once`);
    if (value === "") throw new UsageError(`${flag} is empty: it needs a value`);
    return value === undefined ? null : String(value);
  };
  const count = (name: "n" | "seconds", fallback: number, least: number, most: number): number => {
    const value = text(name) ?? String(fallback);
    if (/^\d{1,3}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    const flag = name === "n" ? "-n" : `--${name}`;
    throw new UsageError(`${flag} is "${value}": allowed are whole numbers from ${least} to ${most}`);
  };
  const faults = (text("faults") ?? DRILL_FAULTS.join(",")).split(",").map((given) => {
    const fault = DRILL_FAULTS.find((known) => known === given.trim());
    if (!fault) throw new UsageError(`--faults has "${given}": allowed are ${DRILL_FAULTS.join(", ")}`);
    return fault;
  });
  return {
    faults: [...new Set(faults)],
    visits: count("n", DEFAULT_VISITS, 3, MAX_VISITS),
    seconds: count("seconds", DEFAULT_SECONDS, 1, MAX_SECONDS),
    json: flags.json === true,
    browserPath: text("browser-path"),
    quiet: flags.quiet === true,
  };
}
