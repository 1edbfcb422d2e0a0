import type { Options } from "../options.ts";
import type { Range } from "../shard.ts";
import { UsageError } from "../usage-error.ts";
import { openBrowserSites } from "./browser-sites.ts";
import { openDomSites } from "./dom-sites.ts";
import { openHttpSites } from "./http-sites.ts";
import { readPages } from "./page-sites.ts";
import { servePages } from "./plain-pages.ts";
import type { OpenSites } from "./run-scenario.ts";
import { pathOf, type Scenario } from "./scenario.ts";
import type { Sites } from "./site.ts";

export interface SitesOptions {
  readonly scenario: Scenario;
  readonly ranges: readonly Range[];
  /** Base URL of the server. */
  readonly base: string;
  /** The browser's path; null where no part needs one. */
  readonly executable: string | null;
  /** True if the simulator started the server: only then may the browser have no sandbox. */
  readonly isOwnServer: boolean;
  readonly concurrency: number;
  /** Sent with each request to the server. */
  readonly headers: Readonly<Record<string, string>>;
  note(text: string): void;
}

/**
 * Refuses what a driver that opens pages cannot play, and a site without its server.
 *
 * @throws UsageError naming the field, the value and what is allowed
 */
export function refuseScenario(scenario: Scenario, { parts, url }: Pick<Options, "parts" | "url">): void {
  const { name, site, pages, experiments, goals } = scenario;
  const fail = (says: string) => {
    throw new UsageError(`--scenario ${name}: ${says}`);
  };
  if (site !== undefined && url === null) {
    fail(`site is "${site}" without --url: allowed is a site together with the server of its tag`);
  }
  const drivers = parts.map(({ driver }) => driver).filter((driver) => driver !== "http");
  const [driver] = drivers;
  if (driver === undefined) return;
  const byPath = new Map<string, string>();
  for (const page of Object.keys(pages)) {
    const path = pathOf(scenario, page);
    const other = byPath.get(path);
    if (other !== undefined) {
      fail(`pages.${page}.path is "${path}" as of ${other}: with --driver ${driver}, allowed is a path for each page`);
    }
    byPath.set(path, page);
  }
  for (const [page, { redirect }] of Object.entries(pages)) {
    const leaving = Object.keys(redirect);
    const others = Object.keys(experiments).filter((key) => experiments[key]?.pages.includes(page));
    if (leaving.length > 0 && others.length > 1) {
      fail(
        `pages.${page}.redirect is beside ${others.length} experiments, and a browser may leave before the others are seen: with --driver ${driver}, allowed is one experiment on such a page`,
      );
    }
  }
  for (const [goal, { by }] of Object.entries(goals)) {
    if (by === "page" && (site === undefined || drivers.includes("dom"))) {
      const why = site === undefined ? "without site, pages report nothing" : "--driver dom runs no scripts of pages";
      fail(`goals.${goal}.by is "page", but ${why}: allowed are click and track`);
    }
  }
}

/** Opens the driver of each part, and the pages that they visit. */
export async function openSites(options: SitesOptions): Promise<{ parts: OpenSites[]; close(): Promise<void> }> {
  const { scenario, ranges, base, concurrency, headers } = options;
  const opened: OpenSites[] = [];
  const isByPage = ranges.some(({ driver }) => driver !== "http");
  const served = isByPage && scenario.site === undefined ? await servePages(scenario, base) : null;
  const close = async () => {
    await Promise.all(opened.map(({ sites }) => sites.close()));
    await served?.close();
  };
  try {
    const site = served?.url ?? scenario.site ?? base;
    const pages = isByPage ? await readPages(scenario, site) : [];
    for (const { driver, first, visits } of ranges) {
      opened.push({ sites: await open(driver), first, count: visits });
    }
    async function open(driver: Range["driver"]): Promise<Sites> {
      if (driver === "http") return openHttpSites(base, concurrency, headers);
      const sendLater = openHttpSites(base, 1, headers);
      const own = { ...options, pages, sendLater };
      return driver === "dom" ? openDomSites(own) : openBrowserSites(own);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { parts: opened, close };
}
