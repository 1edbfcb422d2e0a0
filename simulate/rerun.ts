import { shellWord } from "../core/shell-word.ts";
import type { Options } from "./options.ts";

/** The command that repeats a run, without the token, which is a secret. */
export function rerunCommand({ visits, seed, driver, url, page, rates, fault }: Options): string {
  const flags = { n: String(visits), seed, driver: driver === "browser" ? null : driver, url, page, rates, fault };
  const given = Object.entries(flags).flatMap(([name, value]) =>
    value === null ? [] : [`${name.length === 1 ? "-" : "--"}${name} ${shellWord(value, process.platform)}`],
  );
  return ["fairsplit simulate", ...given].join(" ");
}
