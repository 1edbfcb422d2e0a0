import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readConfiguration } from "./compat/pipet/configuration.ts";
import { readPrivilege } from "./compat/pipet/privilege.ts";
import type { PipetSettings } from "./compat/pipet/routes.ts";
import { DEFAULT_DIALECTS, DIALECTS, type Dialect } from "./compat/projection/dialects.ts";
import { BadConfig } from "./files/bad-config.ts";
import { parseQuota, type Quota } from "./files/quota.ts";
import { MIN_TOKEN_LENGTH } from "./files/secrets.ts";
import { OWN_SEGMENTS } from "./http/base-path.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./ops/logger.ts";

/**
 * A setting: its environment variable is `FAIRSPLIT_` + its name in upper case, its flag is `--` +
 * its name in kebab case.
 */
export interface Setting {
  readonly name: string;
  readonly flag: string;
  readonly env: string;
  readonly default: string;
  readonly describe: string;
}

const setting = (flag: string, fallback: string, describe: string): Setting => {
  const name = flag.replaceAll("-", "_").toUpperCase();
  return { name, flag, env: `FAIRSPLIT_${name}`, default: fallback, describe };
};

/**
 * All settings of the server: source of `--help`, the environment and (tested) the documents'
 * table.
 */
export const SETTINGS: readonly Setting[] = [
  setting("host", "127.0.0.1", "address to listen on"),
  setting("port", "5000", "port to listen on, 0 for any free one"),
  setting("data", "./data", "folder of the experiments and the event log"),
  setting(
    "admin-token",
    "",
    "the admin's bearer token, at least 24 characters; generated into the data folder when empty",
  ),
  setting("rate-limit", "6000", "posts to /events a minute from one client address, 0 for any number"),
  setting("new-devices", "1200", "assignments recorded a minute for one client address, 0 for any number"),
  setting("evaluations", "60000", "OFREP evaluations a minute from one client address, 0 for any number"),
  setting(
    "max-connections",
    "10000",
    "open connections; beyond, the address that has most loses its own first; 0 for any number",
  ),
  setting(
    "max-log",
    "80%",
    "largest event log, as a share of the volume or as 500M, 20G, 2T; then events are answered 507",
  ),
  setting("archive", "", "folder that the admin page may move old segments of the event log to; none when empty"),
  setting("trust-proxy", "0", "proxies in front of the server, whose X-Forwarded-For and -Proto are to be believed"),
  setting("admin-token-file", "", "file to read the admin token from"),
  setting("listen", "", "unix:PATH to listen on a Unix socket instead of host and port"),
  setting("log-level", "info", `least important messages to print: ${LOG_LEVELS.join(", ")}`),
  setting("log-format", "text", `how messages and the access log are written: ${LOG_FORMATS.join(", ")}`),
  setting("access-log", "", "file that gets a line per request (no ids, no queries), or - for stderr; off when empty"),
  setting(
    "base-url",
    "",
    "where browsers reach the server, such as https://ab.example.com or https://www.example.com/ab",
  ),
  setting(
    "allowed-origins",
    "",
    "sites at private addresses that a rehearsal from the admin page may visit, such as http://staging.lan:8080, separated by commas",
  ),
  setting(
    "compat",
    DEFAULT_DIALECTS.join(","),
    `clients of other systems that are answered, separated by commas: ${DIALECTS.join(", ")}, or none`,
  ),
  setting(
    "local-token",
    "",
    "bearer token of back ends that assign groups themselves, at least 24 characters; nobody may when empty",
  ),
  setting(
    "ingest-token",
    "",
    "bearer token that marks posted events as a server's, at least 24 characters; no event is marked when empty",
  ),
  setting("ingest-token-file", "", "file to read the ingest token from"),
  setting("pipet-config", "", "Pipet's own configuration file: {context, identifiers}"),
  setting(
    "pipet-force",
    "",
    "who may force groups of pipet: trusted, basic, networks such as 10.0.0.0/8; nobody when empty",
  ),
  setting("pipet-exposure", "groups", `what exposes a unit of pipet: groups (a posted text) or identify (the answer)`),
];

const EXAMPLE_URL = "https://www.example.com/ab";

/** Read by the simulator, not by the server. */
export const SIMULATOR_ENV = ["FAIRSPLIT_BROWSER"] as const;

export interface Config {
  readonly host: string;
  /** 0 to 65535; 0 means any free port. */
  readonly port: number;
  readonly data: string;
  /** Empty to generate one. */
  readonly adminToken: string;
  /** Empty when nobody may evaluate locally. */
  readonly localToken: string;
  /** Empty when no event is marked as a server's. */
  readonly ingestToken: string;
  /** Posts to `/events` per minute and client address; 0 for no limit. */
  readonly rateLimit: number;
  readonly newDevices: number;
  /** Open connections; 0 for any number. */
  readonly maxConnections: number;
  /** OFREP evaluations per minute and client address; 0 for no limit. */
  readonly evaluations: number;
  readonly maxLog: Quota;
  /** Folder of the archive; null when the admin page may not archive. */
  readonly archive: string | null;
  /** Number of proxies in front of the server. */
  readonly trustProxy: number;
  /** Path of a Unix socket to listen on instead of host and port; null for none. */
  readonly socket: string | null;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** File of the access log, "-" for stderr; null for none. */
  readonly accessLog: string | null;
  /**
   * Names of ignored variables that Kubernetes made for a Service named fairsplit or fairsplit-….
   */
  readonly ignored: readonly string[];
  /** URL at which browsers reach the server, without a trailing slash; null when not configured. */
  readonly baseUrl: string | null;
  /** Origins at private addresses that a rehearsal by the server may visit. */
  readonly allowedOrigins: readonly string[];
  readonly compat: readonly Dialect[];
  readonly pipet: PipetSettings;
}

/** Merges flags over environment over defaults. Throws BadConfig saying what is allowed. */
export function readConfig(flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): Config {
  const known = new Set<string>([...SETTINGS.map((setting) => setting.env), ...SIMULATOR_ENV]);
  const ignored = Object.keys(env).filter((name) => isMadeByKubernetes(name, env[name] ?? ""));
  for (const name of Object.keys(env)) {
    if (name.startsWith("FAIRSPLIT_") && !known.has(name) && !ignored.includes(name)) {
      throw new BadConfig(`${name} is not a setting: allowed are ${[...known].join(", ")}`);
    }
  }
  const value = (flag: string): string => {
    const setting = SETTINGS.find((candidate) => candidate.flag === flag);
    if (!setting) throw new Error(`no setting ${flag}`);
    if (Array.isArray(flags[flag]))
      throw new BadConfig(`--${flag} is given ${flags[flag].length} times: allowed is once`);
    const variable = ignored.includes(setting.env) ? undefined : env[setting.env];
    return String(flags[flag] ?? variable ?? setting.default);
  };
  const count = (flag: string, most: number): number => {
    const text = value(flag);
    if (/^\d{1,9}$/.test(text) && Number(text) <= most) return Number(text);
    throw new BadConfig(`${flag} is "${text}": allowed are whole numbers from 0 to ${most}`);
  };
  if (value("host") === "") throw new BadConfig('host is "": allowed is an address such as 127.0.0.1');
  if (value("data") === "") throw new BadConfig('data is "": allowed is the path of a folder');
  const oneOf = <T extends string>(flag: string, allowed: readonly T[]): T => {
    const found = allowed.find((one) => one === value(flag));
    if (found === undefined) throw new BadConfig(`${flag} is "${value(flag)}": allowed are ${allowed.join(", ")}`);
    return found;
  };
  return {
    // Accept an IPv6 address with or without brackets.
    host: value("host").replace(/^\[(.*)\]$/, "$1"),
    socket: socketPath(value("listen")),
    logLevel: oneOf("log-level", LOG_LEVELS),
    logFormat: oneOf("log-format", LOG_FORMATS),
    accessLog: value("access-log") || null,
    ignored,
    port: count("port", 65_535),
    data: value("data"),
    adminToken: tokenOf("admin", value("admin-token"), value("admin-token-file")),
    localToken: longEnough("local token", value("local-token")),
    ingestToken: tokenOf("ingest", value("ingest-token"), value("ingest-token-file")),
    rateLimit: count("rate-limit", 999_999_999),
    newDevices: count("new-devices", 999_999_999),
    maxConnections: count("max-connections", 1_000_000),
    evaluations: count("evaluations", 999_999_999),
    maxLog: parseQuota(value("max-log")),
    archive: archiveFolder(value("archive"), value("data")),
    trustProxy: count("trust-proxy", 10),
    baseUrl: baseUrl(value("base-url")),
    allowedOrigins: origins(value("allowed-origins")),
    compat: dialects(value("compat")),
    pipet: {
      configuration: readConfiguration(value("pipet-config")),
      force: readPrivilege(value("pipet-force")),
      isExposedByAnswer: oneOf("pipet-exposure", ["groups", "identify"]) === "identify",
    },
  };
}

function archiveFolder(text: string, data: string): string | null {
  if (text === "") return null;
  const [folder, own] = [resolve(text), resolve(data)];
  if (folder !== own && folder !== join(own, "events")) return folder;
  throw new BadConfig(`archive is "${text}": allowed is a folder that is neither the data folder nor its events`);
}

function origins(text: string): readonly string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
    .map((one) => {
      const url = URL.canParse(one) ? new URL(one) : null;
      if (url && /^https?:$/.test(url.protocol) && one.replace(/\/$/, "") === url.origin) return url.origin;
      throw new BadConfig(`allowed-origins has "${one}": allowed are origins such as http://staging.lan:8080`);
    });
}

/**
 * Kubernetes sets such variables for every Service:
 * https://kubernetes.io/docs/tutorials/services/connect-applications-service/
 */
function isMadeByKubernetes(name: string, value: string): boolean {
  // The name of the Service may go on after ours: fairsplit-web makes FAIRSPLIT_WEB_PORT.
  if (/^FAIRSPLIT_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(name))
    return true;
  return /^FAIRSPLIT_(\w+_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value);
}

function dialects(text: string): readonly Dialect[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name === "none" || name === "")) return [];
  return [...new Set(names)].map((name) => {
    const found = DIALECTS.find((one) => one === name);
    if (found === undefined) throw new BadConfig(`compat has "${name}": allowed are ${DIALECTS.join(", ")}, or none`);
    return found;
  });
}

function socketPath(text: string): string | null {
  if (text === "") return null;
  const path = /^unix:(.+)$/.exec(text)?.[1];
  if (path === undefined) throw new BadConfig(`listen is "${text}": allowed is unix: and the path of a socket`);
  return path;
}

function baseUrl(text: string): string | null {
  if (text === "") return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  const path = url?.pathname.replace(/\/$/, "") ?? "";
  const isPlain = url && /^https?:$/.test(url.protocol) && url.href.replace(/\/$/, "") === url.origin + path;
  if (!isPlain || /[?#]/.test(text) || !/^(\/[\w.~-]+)*$/.test(path)) {
    throw new BadConfig(`base-url is "${text}": allowed is http(s)://host, a port and a path, such as ${EXAMPLE_URL}`);
  }
  if (OWN_SEGMENTS.includes(path.split("/")[1] ?? "")) {
    throw new BadConfig(`base-url is "${text}": its path may not begin as ours do (${OWN_SEGMENTS.join(", ")})`);
  }
  return url.origin + path;
}

/** The token of a setting `NAME-token`, or of the file that `NAME-token-file` names. */
function tokenOf(name: string, token: string, file: string): string {
  if (token !== "" && file !== "") {
    throw new BadConfig(`${name}-token and ${name}-token-file are both set: allowed is one`);
  }
  if (token === "" && file === "") return "";
  return longEnough(`${name} token`, file === "" ? token : readToken(`${name}-token-file`, file) || " ");
}

function longEnough(name: string, token: string): string {
  if (token === "" || token.trim().length >= MIN_TOKEN_LENGTH) return token;
  throw new BadConfig(`the ${name} has ${token.trim().length} characters: allowed are ${MIN_TOKEN_LENGTH} or more`);
}

function readToken(setting: string, file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new BadConfig(`${setting} is "${file}", which cannot be read (${(error as Error).message})`);
  }
}
