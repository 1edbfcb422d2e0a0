import type { Options as YargsOption } from "yargs";
import { FAULTS, FAULTS_OF_SCENARIOS, type Fault } from "./faults.ts";
import { DRIVERS, MAX_VISITS, type Part, parseMix } from "./mix.ts";
import { parseReporters, REPORTERS, type Reporter } from "./reporters/reporters.ts";
import { parseShard, type Shard } from "./shard.ts";
import { UsageError } from "./usage-error.ts";

export interface Options {
  /** Visits by driver. */
  readonly parts: readonly Part[];
  /** Base URL of the server; null to start one with throw-away data. */
  readonly url: string | null;
  /** Path or URL of the page to visit; null for the demo's last page. */
  readonly page: string | null;
  readonly token: string | null;
  readonly seed: string;
  readonly concurrency: number;
  /** Value of `--rates`; null for the default. */
  readonly rates: string | null;
  readonly browserPath: string | null;
  readonly reporters: readonly Reporter[];
  /** Without progress and hints. */
  readonly quiet: boolean;
  /** True if a check that could not be tested is no success. */
  readonly strict: boolean;
  /** Visits with errors after which the run ends; null for no limit. */
  readonly maxFailures: number | null;
  readonly fault: Fault | null;
  /** The part of the visits to send; null for all. */
  readonly shard: Shard | null;
  /** Folder for what is known of failing visits; null for none. */
  readonly output: string | null;
  /** A scenario of this package, or a YAML file; null for single visits to a page. */
  readonly scenario: string | null;
  /** Values of `--effect`. */
  readonly effects: readonly string[];
}

/** All flags of `simulate`. Every flag is text, because yargs accepts `-n abc` as NaN. */
export const SIMULATE_OPTIONS = {
  n: { alias: "visits", describe: "visits to send, 1 to 10,000,000 [default 1000]", type: "string", requiresArg: true },
  url: { describe: "server to visit; without it one is started on throw-away data", type: "string", requiresArg: true },
  page: {
    describe: "path or URL of the page to visit [default: the demo's last page]",
    type: "string",
    requiresArg: true,
  },
  token: { describe: "admin token of the server at --url [FAIRSPLIT_ADMIN_TOKEN]", type: "string", requiresArg: true },
  driver: {
    describe:
      "how to visit: browser; dom, the tag without a browser; or http, which sends what the tag would [default browser]",
    type: "string",
    requiresArg: true,
  },
  mix: {
    describe: "several drivers in one run, with their visits, such as browser=200,http=100000",
    type: "string",
    requiresArg: true,
  },
  seed: { describe: "same seed, same visitors [default: a new one, printed]", type: "string", requiresArg: true },
  concurrency: { describe: "visitors at the same time, 1 to 64 [default 4]", type: "string", requiresArg: true },
  rates: {
    describe: "click probabilities: exp.group=p,… or a JSON file {exp: {group: p}} [default 0.1, 0.2, … per group]",
    type: "string",
    requiresArg: true,
  },
  "browser-path": { describe: "browser to use [FAIRSPLIT_BROWSER, CHROME_PATH]", type: "string", requiresArg: true },
  reporter: {
    describe: `reports to print or write: ${REPORTERS.join(", ")}; such as pretty,junit=report.xml [default pretty]`,
    type: "string",
    requiresArg: true,
  },
  quiet: { alias: "q", describe: "no progress, only the report", type: "boolean" },
  strict: { describe: "exit with 4 when a check could not be tested", type: "boolean" },
  "max-failures": { describe: "end the run after so many visits with errors", type: "string", requiresArg: true },
  scenario: {
    describe: "visitors over days who come back, log in and buy: demo, shop, saas or a YAML file (-n are people)",
    type: "string",
    requiresArg: true,
  },
  effect: {
    describe:
      "what a group does in the scenario, instead of its own effects: experiment.group.goal=+20%, as often as you like",
    type: "string",
    array: true,
    requiresArg: true,
  },
  shard: {
    describe: "send only a part of the visits, such as 1/4, to merge the parts' JSON reports by simulate merge",
    type: "string",
    requiresArg: true,
  },
  output: {
    describe: "folder for failures.json and, of browsers, screenshots of failing visits",
    type: "string",
    requiresArg: true,
  },
  json: { describe: "print one JSON document on stdout instead of the report", type: "boolean" },
  fault: {
    describe: `break something on purpose, to see the check fail: ${FAULTS.join(", ")}`,
    type: "string",
    requiresArg: true,
  },
} as const satisfies Record<string, YargsOption>;

/** Parses the flags. Throws UsageError naming the flag, the value and what is allowed. */
export function parseOptions(
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  randomSeed: () => string,
): Options {
  const text = (name: keyof typeof SIMULATE_OPTIONS): string | null => {
    const value = flags[name];
    if (Array.isArray(value)) throw new UsageError(`${dashed(name)} is given ${value.length} times: allowed is once`);
    if (value === "") throw new UsageError(`${dashed(name)} is empty: it needs a value`);
    return value === undefined ? null : String(value);
  };
  const count = (name: keyof typeof SIMULATE_OPTIONS, fallback: number, most: number): number => {
    const value = text(name);
    if (value === null) return fallback;
    if (!/^\d{1,9}$/.test(value) || Number(value) < 1 || Number(value) > most) {
      throw new UsageError(
        `${dashed(name)} is "${value}": allowed are whole numbers from 1 to ${most.toLocaleString("en")}`,
      );
    }
    return Number(value);
  };
  const oneOf = <T extends string>(name: keyof typeof SIMULATE_OPTIONS, allowed: readonly T[]): T | null => {
    const value = text(name);
    if (value === null) return null;
    const found = allowed.find((candidate) => candidate === value);
    if (!found) throw new UsageError(`${dashed(name)} is "${value}": ${choices(allowed)}`);
    return found;
  };
  for (const flag of ["json", "quiet", "strict"]) {
    if (Array.isArray(flags[flag])) throw new UsageError(`--${flag} is given twice: allowed is once`);
  }
  const url = text("url");
  if (url !== null && !/^https?:$/.test(protocolOf(url))) {
    throw new UsageError(`--url is "${url}": allowed is a URL such as http://127.0.0.1:5000`);
  }
  const driver = oneOf("driver", DRIVERS) ?? "browser";
  const mix = text("mix");
  for (const flag of ["n", "driver"] as const) {
    if (mix !== null && text(flag) !== null) {
      throw new UsageError(`${dashed(flag)} is "${text(flag)}" beside --mix, which says that itself: leave one out`);
    }
  }
  const fault = oneOf("fault", FAULTS);
  if (fault && url) throw new UsageError("--fault breaks only a server that simulate starts itself: leave out --url");
  const scenario = text("scenario");
  const shard = text("shard");
  const effects = ((flags.effect ?? []) as unknown[]).map(String);
  refuseBesideScenario();
  return {
    parts: mix === null ? [{ driver, visits: count("n", 1000, MAX_VISITS) }] : parseMix(mix),
    url,
    page: text("page"),
    token: text("token") ?? (env.FAIRSPLIT_ADMIN_TOKEN || null),
    seed: text("seed") ?? randomSeed(),
    concurrency: count("concurrency", 4, 64),
    rates: text("rates"),
    browserPath: text("browser-path"),
    reporters: parseReporters(text("reporter"), flags.json === true),
    quiet: flags.quiet === true,
    strict: flags.strict === true,
    maxFailures: text("max-failures") === null ? null : count("max-failures", 1, MAX_VISITS),
    fault,
    shard: shard === null ? null : parseShard(shard),
    output: text("output"),
    scenario,
    effects,
  };

  function refuseBesideScenario(): void {
    if (scenario === null) {
      if (fault !== null && FAULTS_OF_SCENARIOS.includes(fault)) {
        throw new UsageError(`--fault is "${fault}", which single visits cannot show: add --scenario shop`);
      }
      if (effects.length > 0) throw new UsageError(`--effect is "${effects[0]}" without --scenario, which it changes`);
      return;
    }
    for (const [flag, why] of [
      ["rates", "the scenario has rates of its own"],
      ["page", "the scenario has pages of its own"],
      ["output", "a scenario has no single visits that fail"],
    ] as const) {
      if (text(flag) !== null) throw new UsageError(`--${flag} is "${text(flag)}" beside --scenario: ${why}`);
    }
  }
}

function choices(allowed: readonly string[]): string {
  return allowed.length === 1 ? `allowed is only "${allowed[0]}"` : `allowed are ${allowed.join(", ")}`;
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function protocolOf(url: string): string {
  try {
    return new URL(url).protocol;
  } catch {
    return "";
  }
}

/** Flags of `simulate merge`. */
export const MERGE_OPTIONS = {
  reporter: SIMULATE_OPTIONS.reporter,
  json: SIMULATE_OPTIONS.json,
  strict: SIMULATE_OPTIONS.strict,
} as const satisfies Record<string, YargsOption>;

export function parseMergeOptions(flags: Readonly<Record<string, unknown>>): Pick<Options, "reporters" | "strict"> {
  const { reporter } = flags;
  if (Array.isArray(reporter)) throw new UsageError("--reporter is given twice: allowed is once");
  return {
    reporters: parseReporters(reporter === undefined ? null : String(reporter), flags.json === true),
    strict: flags.strict === true,
  };
}
