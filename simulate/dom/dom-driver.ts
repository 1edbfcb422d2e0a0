import type { Driver } from "../driver.ts";
import { type DomVisitsOptions, openDomVisits } from "./dom-visits.ts";
import { openDomWorkers } from "./dom-workers.ts";

export interface DomDriverOptions extends Omit<DomVisitsOptions, "built"> {
  /** Folder of the built tag. */
  readonly built?: URL;
  /** Number of worker threads; 0 makes the visits in this one. Visits are the same. */
  readonly threads?: number;
}

/**
 * Visitors without a browser, in which the built tag runs.
 *
 * @throws EnvironmentMissing, see `openDomPage`
 */
export async function openDomDriver({ threads = 0, built, ...options }: DomDriverOptions): Promise<Driver> {
  const given = { ...options, built: built ?? new URL("./", import.meta.url) };
  return threads === 0 ? openDomVisits(given) : openDomWorkers(threads, given);
}
