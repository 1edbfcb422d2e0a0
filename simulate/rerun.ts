import type { Options } from "./options.ts";

/** The command that repeats a run, without the token, which is a secret. */
export function rerunCommand({ visits, seed, driver, url, page, rates, fault }: Options): string {
  const flags = { n: String(visits), seed, driver: driver === "browser" ? null : driver, url, page, rates, fault };
  const given = Object.entries(flags).flatMap(([name, value]) =>
    value === null ? [] : [`${name.length === 1 ? "-" : "--"}${name} ${quoted(value)}`],
  );
  return ["fairsplit simulate", ...given].join(" ");
}

/** A word of a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
