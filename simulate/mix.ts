import { UsageError } from "./usage-error.ts";

export const DRIVERS = ["browser", "dom", "http"] as const;
export type DriverName = (typeof DRIVERS)[number];

export const MAX_VISITS = 10_000_000;

/** The visits of one driver in a run. */
export interface Part {
  readonly driver: DriverName;
  readonly visits: number;
}

/**
 * Parses `--mix browser=200,http=100000`.
 *
 * @throws UsageError naming the part and what is allowed
 */
export function parseMix(text: string): Part[] {
  const parts = text.split(",").map((part): Part => {
    const [, name, count = ""] = /^\s*([a-z]+)=(\d{1,8})\s*$/.exec(part) ?? [];
    const driver = DRIVERS.find((candidate) => candidate === name);
    const visits = Number(count);
    if (!driver || visits < 1 || visits > MAX_VISITS) {
      throw new UsageError(
        `--mix has "${part}": allowed is driver=visits, such as browser=200,http=100000, with ${DRIVERS.join(", ")}`,
      );
    }
    return { driver, visits };
  });
  const twice = parts.find(({ driver }, place) => parts.findIndex((other) => other.driver === driver) !== place);
  if (twice) throw new UsageError(`--mix has ${twice.driver} twice: allowed is once`);
  const total = visitsOf(parts);
  if (total > MAX_VISITS) {
    throw new UsageError(`--mix has ${total} visits: allowed are up to ${MAX_VISITS.toLocaleString("en")}`);
  }
  return parts;
}

export function visitsOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { visits }) => sum + visits, 0);
}

/** Drivers of a run as its report names them: one by its name, several with their visits. */
export function driversText(parts: readonly Part[]): string {
  const [only] = parts;
  return parts.length === 1 && only ? only.driver : parts.map(({ driver, visits }) => `${driver}=${visits}`).join(",");
}
