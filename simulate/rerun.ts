import { shellWord } from "../core/shell-word.ts";
import { driversText } from "./mix.ts";
import type { Options } from "./options.ts";
import { shardText } from "./shard.ts";

/** The command that repeats a run, without the token, which is a secret. */
export function rerunCommand({ parts, seed, url, page, rates, fault, scenario, effects, shard }: Options): string {
  const [only] = parts;
  const single = parts.length === 1 && only ? only : null;
  const flags = {
    n: single && String(single.visits),
    mix: single ? null : driversText(parts),
    seed,
    driver: single && single.driver !== "browser" ? single.driver : null,
    url,
    page,
    rates,
    fault,
    scenario,
    shard: shardText(shard),
  };
  const given = Object.entries(flags).flatMap(([name, value]) =>
    value === null ? [] : [`${name.length === 1 ? "-" : "--"}${name} ${shellWord(value, process.platform)}`],
  );
  const changes = effects.map((effect) => `--effect ${shellWord(effect, process.platform)}`);
  return ["fairsplit simulate", ...given, ...changes].join(" ");
}
