import { availableParallelism } from "node:os";
import { findBrowser } from "./browser.ts";
import { openBrowserDriver } from "./browser-driver.ts";
import { BROWSER_FIXES } from "./browser-install.ts";
import { openDomDriver } from "./dom/dom-driver.ts";
import type { Driver } from "./driver.ts";
import { EnvironmentMissing } from "./environment.ts";
import type { FailuresFolder } from "./failures.ts";
import { openHttpDriver } from "./http-driver.ts";
import type { Part } from "./mix.ts";
import type { Options } from "./options.ts";
import { readPageSource } from "./page-source.ts";
import type { Range } from "./shard.ts";

/** Visits that take longer than to start threads for them. */
const WORTH_THREADS = 1000;

/** A driver with its visits, by their numbers in the run. */
export interface OpenDriver {
  readonly driver: Driver;
  readonly first: number;
  readonly count: number;
}

export interface DriversOptions extends Pick<Options, "seed" | "concurrency"> {
  readonly ranges: readonly Range[];
  readonly url: string;
  /** The browser's path; null where no part needs one. */
  readonly executable: string | null;
  readonly isOwnServer: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly failures: FailuresFolder | null;
  note(text: string): void;
}

/**
 * The browser that the parts of a run need.
 *
 * @param browserPath the one asked for; null to look for one
 * @returns null if none of them needs one
 * @throws EnvironmentMissing where there is none
 */
export function browserFor(parts: readonly Part[], browserPath: string | null): string | null {
  if (parts.every(({ driver }) => driver !== "browser")) return null;
  const executable = findBrowser(browserPath ?? undefined);
  if (!executable) throw noBrowser();
  return executable;
}

/** Opens the driver of each part. */
export async function openDrivers({ ranges, executable, ...options }: DriversOptions): Promise<OpenDriver[]> {
  const opened: OpenDriver[] = [];
  try {
    for (const { driver, visits, first } of ranges)
      opened.push({ driver: await open(driver, visits), first, count: visits });
  } catch (error) {
    await closeDrivers(opened);
    throw error;
  }
  return opened;

  async function open(name: Part["driver"], visits: number): Promise<Driver> {
    switch (name) {
      case "browser":
        return openBrowserDriver({ ...options, executable: executable as string });
      case "dom":
        return openDomDriver({ ...options, threads: visits < WORTH_THREADS ? 0 : availableParallelism() });
      case "http":
        return openHttpDriver({ ...options, page: await readPageSource(options.url) });
    }
  }
}

export async function closeDrivers(drivers: readonly OpenDriver[]): Promise<void> {
  await Promise.all(drivers.map(({ driver }) => driver.close()));
}

function noBrowser(): EnvironmentMissing {
  return new EnvironmentMissing(
    ["found no browser. Any of these helps:", ...BROWSER_FIXES.map((fix) => `  - ${fix}`)].join("\n"),
  );
}
