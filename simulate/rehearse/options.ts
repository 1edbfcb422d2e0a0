import { readFileSync } from "node:fs";
import type { Options as YargsOption } from "yargs";
import { UsageError } from "../usage-error.ts";

export interface RehearseOptions {
  readonly experiment: string;
  /** The page to visit. */
  readonly page: string;
  /** Base URL of the server. */
  readonly server: string;
  readonly token: string | null;
  /** Visits of each group on a desktop screen. */
  readonly visits: number;
  /** How to make the events of goals happen that this page has no element for, by event name. */
  readonly goals: ReadonlyMap<string, GoalHint>;
  /** True if the page may act on the clicks. */
  readonly isLive: boolean;
  readonly html: string | null;
  readonly json: string | null;
  readonly browserPath: string | null;
  readonly quiet: boolean;
  readonly strict: boolean;
  /** True if the server keeps the report. */
  readonly isKept: boolean;
  /**
   * Origins that may be at private addresses, where the browser may reach only public ones; null
   * where it may reach all.
   */
  readonly onlyPublicBut: readonly string[] | null;
}

/** A page on which an event happens by itself, an element to click, or not tried at all. */
export type GoalHint =
  | { readonly kind: "page"; readonly page: string }
  | { readonly kind: "click"; readonly selector: string }
  | { readonly kind: "skip" };

const DEFAULT_VISITS = 10;
const MAX_VISITS = 100;

/** All flags of `simulate rehearse`. */
export const REHEARSE_OPTIONS = {
  url: { describe: "the page of your site that has the placeholder", type: "string", requiresArg: true },
  server: { describe: "base URL of the server [default: the page's origin]", type: "string", requiresArg: true },
  token: { describe: "admin token of the server [FAIRSPLIT_ADMIN_TOKEN]", type: "string", requiresArg: true },
  "token-file": { describe: "file that has the admin token", type: "string", requiresArg: true },
  n: {
    alias: "visits",
    describe: `visits of each group on a desktop screen, 1 to ${MAX_VISITS} [default ${DEFAULT_VISITS}]`,
    type: "string",
    requiresArg: true,
  },
  goal: {
    describe: "how a goal happens that is not on the page: event=/path, event=CSS selector, or event=skip; repeatable",
    type: "string",
    requiresArg: true,
  },
  "live-clicks": {
    describe: "let the page act on clicks; without it, links, forms and writes are held back",
    type: "boolean",
  },
  html: { describe: "file for the report with a picture of each group", type: "string", requiresArg: true },
  json: { describe: "file for the report as JSON, pictures included", type: "string", requiresArg: true },
  "browser-path": { describe: "browser to use [FAIRSPLIT_BROWSER, CHROME_PATH]", type: "string", requiresArg: true },
  "only-public": { describe: "let the browser reach addresses of the public Internet only", type: "boolean" },
  "allow-origins": {
    describe: "with --only-public: origins that may be private, separated by commas",
    type: "string",
    requiresArg: true,
  },
  "no-keep": { describe: "do not keep the report on the server", type: "boolean" },
  quiet: { alias: "q", describe: "no progress, only the report", type: "boolean" },
  strict: { describe: "exit with 4 when a check could not be tested", type: "boolean" },
} as const satisfies Record<string, YargsOption>;

/** Parses the flags. Throws UsageError naming the flag, the value and what is allowed. */
export function parseRehearseOptions(
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
): RehearseOptions {
  const text = (name: keyof typeof REHEARSE_OPTIONS): string | null => {
    const value = flags[name];
    const flag = name === "n" ? "-n" : `--${name}`;
    if (Array.isArray(value)) throw new UsageError(`${flag} is given ${value.length} times: allowed is once`);
    if (value === "") throw new UsageError(`${flag} is empty: it needs a value`);
    return value === undefined ? null : String(value);
  };
  const experiment = String(flags.experiment ?? "");
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/.test(experiment)) {
    throw new UsageError(`the experiment is "${experiment}": allowed is the key of an experiment`);
  }
  const page = text("url");
  if (page === null) throw new UsageError("--url is missing: it is the page of your site that has the placeholder");
  const url = webUrl("--url", page);
  const server = text("server");
  const visits = text("n") ?? String(DEFAULT_VISITS);
  if (!/^\d{1,3}$/.test(visits) || Number(visits) < 1 || Number(visits) > MAX_VISITS) {
    throw new UsageError(`-n is "${visits}": allowed are whole numbers from 1 to ${MAX_VISITS}`);
  }
  const origins = text("allow-origins")?.split(",") ?? [];
  if (origins.length > 0 && flags["only-public"] !== true) {
    throw new UsageError("--allow-origins is given without --only-public: then all addresses are allowed");
  }
  const onlyPublicBut = origins.map((origin) => webUrl("--allow-origins", origin.trim()).origin);
  const goals = [flags.goal ?? []].flat().map((goal) => parseGoal(String(goal), url));
  return {
    experiment,
    page: url.href,
    server: server === null ? url.origin : webUrl("--server", server).href.replace(/\/$/, ""),
    token: tokenOf(text("token"), text("token-file"), env),
    visits: Number(visits),
    goals: new Map(goals),
    isLive: flags["live-clicks"] === true,
    html: text("html"),
    json: text("json"),
    browserPath: text("browser-path"),
    quiet: flags.quiet === true,
    strict: flags.strict === true,
    isKept: flags["no-keep"] !== true,
    onlyPublicBut: flags["only-public"] === true ? onlyPublicBut : null,
  };
}

function tokenOf(token: string | null, file: string | null, env: NodeJS.ProcessEnv): string | null {
  if (token !== null && file !== null) throw new UsageError("--token and --token-file are both given: allowed is one");
  if (file === null) return token ?? (env.FAIRSPLIT_ADMIN_TOKEN || null);
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new UsageError(`--token-file is "${file}", which cannot be read (${(error as Error).message})`);
  }
}

/** A goal's event may have an equals sign in its name: its way begins after the first that fits. */
function parseGoal(goal: string, page: URL): [event: string, hint: GoalHint] {
  const at = goal.indexOf("=");
  const [event, way] = [goal.slice(0, at), goal.slice(at + 1).trim()];
  if (at < 1 || way === "") {
    throw new UsageError(`--goal is "${goal}": allowed are event=/path, event=CSS selector, and event=skip`);
  }
  if (way === "skip") return [event, { kind: "skip" }];
  if (/^(\/|https?:\/\/)/.test(way)) return [event, { kind: "page", page: webUrl("--goal", way, page).href }];
  return [event, { kind: "click", selector: way }];
}

function webUrl(flag: string, text: string, base?: URL): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : null;
  if (url && /^https?:$/.test(url.protocol) && url.username + url.password === "") return url;
  throw new UsageError(`${flag} is "${text}": allowed is a URL such as https://www.example.com/pricing`);
}
