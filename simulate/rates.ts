import { readFileSync } from "node:fs";
import type { Claims } from "./server-client.ts";
import { UsageError } from "./usage-error.ts";

/** Click probability by experiment and shown group, 0 to 1. */
export type Rates = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Default rates increase from group to group, so that mixed-up groups are detected. */
const DEFAULT_STEP = 0.1;
const MAX_BY_DEFAULT = 0.9;

/** Click probability of a visitor who sees `group` in the experiment's placeholder. */
export function clickRate(rates: Rates, claims: Claims, experiment: string, group: string): number {
  const said = rates.get(experiment)?.get(group);
  if (said !== undefined) return said;
  const place = Object.keys(claims[experiment]?.groups ?? {}).indexOf(group);
  return place === -1 ? 0 : Math.min(DEFAULT_STEP * (place + 1), MAX_BY_DEFAULT);
}

/**
 * Parses `--rates`: `exp.group=p,…`, or the name of a JSON file `{exp: {group: p}}`. Throws
 * UsageError.
 */
export function parseRates(text: string | null, claims: Claims): Rates {
  const rates = new Map<string, Map<string, number>>();
  for (const [experiment, group, value] of text === null ? [] : entries(text)) {
    const groups = Object.keys(claims[experiment]?.groups ?? {});
    if (!groups.includes(group)) {
      const known = Object.entries(claims).flatMap(([key, claim]) =>
        Object.keys(claim.groups).map((name) => `${key}.${name}`),
      );
      throw new UsageError(`--rates names "${experiment}.${group}": allowed are ${known.join(", ")}`);
    }
    if (typeof value !== "number" || !(value >= 0 && value <= 1)) {
      throw new UsageError(`--rates: ${experiment}.${group} is "${value}": allowed are numbers from 0 to 1`);
    }
    rates.set(experiment, (rates.get(experiment) ?? new Map()).set(group, value));
  }
  return rates;
}

function entries(text: string): [experiment: string, group: string, value: unknown][] {
  if (text.includes("=")) {
    return text.split(",").map((part) => {
      const [, experiment, group, value] = /^([^.=]+)\.([^=]+)=(.+)$/.exec(part.trim()) ?? [];
      if (!experiment || !group || value === undefined) {
        throw new UsageError(`--rates has "${part}": allowed is experiment.group=probability`);
      }
      return [experiment, group, value.trim() === "" ? value : Number(value)];
    });
  }
  try {
    const content = JSON.parse(readFileSync(text, "utf8")) as Record<string, Record<string, unknown>>;
    return Object.entries(content).flatMap(([experiment, groups]) =>
      Object.entries(groups).map(([group, value]): [string, string, unknown] => [experiment, group, value]),
    );
  } catch (error) {
    throw new UsageError(
      `--rates is "${text}", which is not a JSON file {exp: {group: p}} (${(error as Error).message})`,
    );
  }
}
