import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Choice } from "../ambiguous.ts";

/** Abbreviations that mean one offset from UTC wherever they are used, in minutes. */
const OFFSETS: Readonly<Record<string, number>> = {
  WET: 0,
  WEST: 60,
  CET: 60,
  CEST: 120,
  MEZ: 60,
  MESZ: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  PKT: 300,
  SAST: 120,
  WIB: 420,
  SGT: 480,
  HKT: 480,
  AWST: 480,
  JST: 540,
  KST: 540,
  ACST: 570,
  ACDT: 630,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
  EST: -300,
  EDT: -240,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  AKST: -540,
  AKDT: -480,
  HST: -600,
  BRT: -180,
};

/** Abbreviations of several zones, with examples of zones that each may mean. */
const SEVERAL: Readonly<Record<string, readonly string[]>> = {
  IST: ["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"],
  CST: ["America/Chicago", "Asia/Shanghai"],
  BST: ["Europe/London", "Asia/Dhaka"],
  AST: ["America/Halifax", "Asia/Riyadh"],
  GST: ["Asia/Dubai", "Atlantic/South_Georgia"],
};

/** The zones that a column's times name. */
export interface NamedZones {
  readonly names: readonly string[];
  /** SQL for the moment of a naive time in a named zone, as a TIMESTAMP in UTC. */
  readonly toUtc: (name: string, naive: string) => string;
  readonly note: string | null;
  readonly problem: string | null;
  readonly choices: readonly Choice[];
}

/**
 * Meaning of zone names found in a column: abbreviations and names of the time zone database;
 * unknown ones are left out.
 *
 * @param timezone zone of `--timezone`, which also says the meaning of an ambiguous abbreviation
 */
export function namedZones(found: readonly string[], timezone: string): NamedZones {
  const known = found.filter((name) => OFFSETS[name] !== undefined || SEVERAL[name] || isZone(name));
  const several = known.filter((name) => SEVERAL[name]);
  const [first] = several;
  const isSaid = timezone !== "UTC";
  return {
    names: known,
    toUtc: (name, naive) => {
      const minutes = OFFSETS[name];
      if (minutes !== undefined) return `(${naive} - interval '${minutes} minutes')`;
      return `timezone('UTC', timezone(${literal(SEVERAL[name] ? timezone : name)}, ${naive}))`;
    },
    note:
      known
        .flatMap((name) => {
          const minutes = OFFSETS[name];
          if (minutes !== undefined) return [`${name} is UTC${offsetText(minutes)}`];
          return SEVERAL[name] ? [`${name} is the time of ${timezone}`] : [];
        })
        .join(", ") || null,
    problem: first && !isSaid ? `has times in ${first}, which is the name of several zones` : null,
    choices: first && !isSaid ? (SEVERAL[first] ?? []).map((value) => ({ flag: "timezone", value })) : [],
  };
}

function offsetText(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function isZone(name: string): boolean {
  if (!/^[A-Z][A-Za-z_]+(\/[A-Za-z0-9_+-]+)+$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
