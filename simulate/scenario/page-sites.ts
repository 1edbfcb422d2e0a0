import { EnvironmentMissing } from "../environment.ts";
import { fetchText } from "../fetch-text.ts";
import { groupShown } from "../observations.ts";
import type { Seen } from "../read-page.ts";
import type { SendLater } from "./http-sites.ts";
import type { Person } from "./person.ts";
import { pathOf, type Scenario } from "./scenario.ts";
import type { Groups, Reached, Site, Sites, View } from "./site.ts";
import type { SentEvent } from "./truth.ts";

/** Timeout of the tag, unless its script says another one. */
const DEFAULT_TIMEOUT_MS = 1000;

/** A page of the site, as its source says. */
export interface SitePage {
  readonly path: string;
  /** Address after redirects of the host. */
  readonly url: string;
  readonly html: string;
  /** Time after which the tag shows the fallback. */
  readonly timeoutMs: number;
  readonly asksConsent: boolean;
  /** Name of the device's cookie. */
  readonly cookie: string;
}

export interface PageSitesOptions {
  readonly scenario: Scenario;
  readonly pages: readonly SitePage[];
  /** Base URL of the server. */
  readonly base: string;
  readonly concurrency: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sends what happens after the visit, as a back end does. */
  readonly sendLater: { sendLater: SendLater; close(): Promise<void> };
  note(text: string): void;
}

/**
 * Reads the pages of a scenario.
 *
 * @throws EnvironmentMissing where a page is not there, or asks for consent otherwise than the
 * scenario says
 */
export async function readPages(scenario: Scenario, site: string): Promise<SitePage[]> {
  return Promise.all(
    Object.keys(scenario.pages).map(async (page) => {
      const path = pathOf(scenario, page);
      const { url, text: html } = await fetchText(new URL(path, site).href).catch((error: Error) => {
        throw new EnvironmentMissing(`pages.${page}.path is "${path}": ${error.message}`);
      });
      const tag = /<script\b[^>]*\/tag(?:-with-groups)?(?:\.[0-9a-f]+)?\.js[^>]*>/i.exec(html)?.[0] ?? "";
      const attribute = (name: string) => new RegExp(`\\sdata-${name}=["']?([^"'\\s>]+)`, "i").exec(tag)?.[1];
      if (scenario.visitors.consent < 1 && tag !== "" && attribute("consent") === undefined) {
        throw new EnvironmentMissing(
          `visitors.consent is ${scenario.visitors.consent}, but the tag of ${url} has no data-consent: allowed is 1, as it asks nobody`,
        );
      }
      const timeoutMs = Number(attribute("timeout") ?? DEFAULT_TIMEOUT_MS);
      const asksConsent = attribute("consent") !== undefined;
      const cookie = attribute("cookie") ?? "fairsplit_id";
      return { path, url, html, timeoutMs, asksConsent, cookie };
    }),
  );
}

/** A page at rest. */
export interface Snapshot {
  readonly path: string;
  readonly seen: Seen;
  /** The server's last answer on this page. */
  readonly answered: Groups | undefined;
  /** Events that the tag has reported on this page. */
  readonly reported: readonly { readonly event: string; readonly experiment?: string; readonly group?: string }[];
  /** Requests of the tag on this page. */
  readonly requests: number;
}

/** One person's devices, which show one page at a time. */
export interface Devices {
  /** Opens a page, and waits until it is at rest, there or where it sends the person. */
  open(page: SitePage, view: View): Promise<Snapshot>;
  login(accountId: string): Promise<Snapshot>;
  /** Puts the clock of the page forward. */
  setClock(atMs: number): Promise<void>;
  /** Clicks on the first element for the event; resolves to the experiment around it, or empty. */
  click(event: string): Promise<string>;
  track(event: string, value: number | undefined): Promise<void>;
  /** Waits until the page is at rest. */
  settle(): Promise<Snapshot>;
  /** Errors of pages and consoles since the last call. */
  takeErrors(): string[];
  exit(): Promise<void>;
}

interface PageDriver {
  enter(person: Person): Promise<Devices>;
  close(): Promise<void>;
  /** The error that ends the run, of one that a page met. */
  explain?(error: Error): Error;
}

/** The site as pages with the real tag, of which a person sees and tells only what people can. */
export function pageSites(
  { scenario, pages, sendLater }: PageSitesOptions,
  { enter, close, explain = (error) => error }: PageDriver,
): Sites {
  const devicesOf = new WeakMap<Site, Devices>();
  return {
    showsSilent: true,
    async enter(person) {
      const devices = await enter(person).catch((error: Error) => {
        throw explain(error);
      });
      const site = siteOf(scenario, pages, person, devices, sendLater.sendLater);
      devicesOf.set(site, devices);
      return site;
    },
    async exit(site) {
      await devicesOf
        .get(site)
        ?.exit()
        .catch((error: Error) => {
          throw explain(error);
        });
    },
    async close() {
      await close();
      await sendLater.close();
    },
  };
}

function siteOf(
  scenario: Scenario,
  pages: readonly SitePage[],
  { kind }: Person,
  devices: Devices,
  send: SendLater,
): Site {
  const isSilent = kind === "unasked" || kind === "private";
  let snapshot: Snapshot | undefined;
  let path = "";
  /** Path that the last page has sent the person to. */
  let arrival: string | null = null;
  const at = () => snapshot as Snapshot;
  return {
    async open(view) {
      const page = pages.find((each) => each.path === view.path);
      if (!page) throw new Error(`the site has no page ${view.path}`);
      path = view.path;
      if (arrival !== path) snapshot = await devices.open(page, view);
      arrival = null;
      if (isSilent) return {};
      if (kind === "visitor" && at().seen.deviceId !== view.deviceId) {
        throw new Error(
          `the browser of ${view.deviceId} has the device ID ${at().seen.deviceId || "of nobody"} on ${path}`,
        );
      }
      return at().answered ?? {};
    },
    async login(accountId) {
      snapshot = await devices.login(accountId);
      return isSilent ? {} : (at().answered ?? {});
    },
    async reach({ goal, value, atMs }: Reached) {
      const { kind: of, by } = scenario.goals[goal] ?? {};
      await devices.setClock(atMs);
      if (by === "track" || of === "value") {
        await devices.track(goal, value);
        return "";
      }
      return devices.click(goal);
    },
    async leave(told, later, movedTo) {
      const mismatches: string[] = [];
      if (movedTo === null) snapshot = await devices.settle();
      if (at().path !== (movedTo ?? path)) {
        mismatches.push(`shows ${at().path}, where ${movedTo ?? path} was assigned`);
      } else if (movedTo === null) mismatches.push(...shownOtherwise(at(), told));
      arrival = movedTo;
      const errors = devices.takeErrors();
      if (!at().seen.acknowledged) errors.push(`${path}: the server did not answer all events in time`);
      if (isSilent && at().requests > 0) {
        errors.push(
          `${path}: ${at().requests} requests of a visitor ${kind === "private" ? "with Global Privacy Control" : "without consent"}`,
        );
      }
      if (later.length > 0 && kind === "visitor") await send(later);
      return { mismatches, errors };
    },
  };
}

/** Contradictions between what a page showed and reported, and what was assigned. */
function shownOtherwise({ seen, reported }: Snapshot, told: readonly SentEvent[]): string[] {
  const assigned = new Map(
    told.flatMap(({ event, experiment = "", group }) => (event === "exposure" ? [[experiment, group] as const] : [])),
  );
  const exposed = reported.filter(({ event }) => event === "exposure");
  const wrong = exposed
    .filter(({ experiment = "" }) => !assigned.has(experiment))
    .map(({ experiment }) => `${experiment} is reported as seen, though its groups came too late`);
  for (const [experiment, group] of assigned) {
    const placeholder = seen.placeholders.find((each) => each.experiment === experiment);
    const shown = placeholder && groupShown(placeholder, group);
    if (!placeholder) wrong.push(`there is no placeholder ${experiment}`);
    else if (shown !== group) wrong.push(`${experiment} shows ${shown ?? "no variant"}, assigned was ${group}`);
    else if (!exposed.some((each) => each.experiment === experiment))
      wrong.push(`${experiment} is seen, and not reported`);
  }
  return wrong;
}
