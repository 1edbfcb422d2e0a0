import { safely } from "./safely.ts";
import { wordFor } from "./word-for.ts";

/**
 * Cookie with the source and target pages of redirects; shared by the subdomains that share the
 * device.
 */
export const TRAIL = "fairsplit_trail";
/** Longer than a page load, shorter than the time until a visitor returns. */
const TRAIL_S = 15;
/** Maximum number of carried events; the last ones are those of the page being left. */
const MAX_CARRIED = 4;
/** Browsers limit cookies to 4 KiB; a longer trail drops its events. */
const MAX_TRAIL_LENGTH = 3000;

/** The address of a source or target page of an experiment's redirect. */
type Step = readonly [experiment: string, address: string];

interface Trail {
  readonly steps: readonly Step[];
  /** Events not yet accepted by the server when the last page was left, as stored by the outbox. */
  readonly events: readonly string[];
}

/**
 * Goes to the group's page, on the same origin or a subdomain that shares the device, with the
 * page's query and fragment; the target's own parameters win. Goes to each target once, so that
 * hosts that add a slash or redirect back, and pages that redirect to each other, do not loop.
 *
 * @param flush sends all waiting events
 * @param unsent events not yet accepted by the server, as stored by the outbox
 * @param list `data-exp-redirect`: pages by group
 * @param show shows the placeholder's variant on this page, and reports its exposure unless already
 * reported; `isMissed` if the group's page cannot be gone to
 * @param expose reports the exposure; called only when the page is left, just before
 */
export function redirect(
  cookieDomain: string | undefined,
  flush: () => void,
  unsent: () => readonly string[],
  experiment: string,
  list: string,
  group: string,
  show: (isReported: boolean, isMissed?: boolean) => void,
  expose: () => void,
): void {
  const { steps } = readTrail();
  const isReported = steps.some(([key]) => key === experiment);
  const { href } = location;
  const url = safely(() => destination(list, group, cookieDomain, steps));
  if (url) writeTrail({ steps: [...steps, [experiment, href], [experiment, url.href]], events: [] }, cookieDomain);
  // Stay if the trail cannot be stored: nothing would end a loop.
  if (!url || !readTrail().steps[steps.length]) {
    show(isReported, url == null);
    return;
  }
  if (!isReported) expose();
  writeTrail({ ...readTrail(), events: unsent().slice(-MAX_CARRIED) }, cookieDomain);
  flush();
  location.replace(url);
  // Another fragment, of a hash router, is the same document.
  if (withoutHash(url.href) === withoutHash(href)) show(true);
}

/**
 * The target page of the group; `""` if there is none, if it is this page, or if a redirect already
 * led from or to it; undefined for a page of another site.
 */
function destination(
  list: string,
  group: string,
  cookieDomain: string | undefined,
  steps: readonly Step[],
): URL | "" | undefined {
  const word = wordFor(list, group);
  if (!word) return "";
  const url = new URL(word, location.href);
  const own = new URLSearchParams(url.search);
  url.hash ||= location.hash;
  /** A page may have more parameters, such as a campaign's. */
  const isAt = (address: string) => {
    const there = new URL(address);
    // A name may be there several times.
    const hasParam = ([name, value]: string[]) => there.searchParams.getAll(name as string).includes(value as string);
    return pageOf(there) === pageOf(url) && [...own].every(hasParam);
  };
  if (!isOfSite(url, cookieDomain)) return;
  if ([location.href, ...steps.map(([, address]) => address)].some(isAt)) return "";
  // Keep both queries verbatim: some pages take no `+` for a space, and signatures are of texts.
  const isOthers = (param: string) => ![...new URLSearchParams(param).keys()].some((name) => own.has(name));
  const params = [url.search.slice(1), ...location.search.slice(1).split("&").filter(isOthers)];
  url.search = params.filter(Boolean).join("&");
  return url;
}

/**
 * Takes over the unsent events of the previous page, and allows redirects again once the visitor
 * acts.
 */
export function arrive(resend: (events: readonly string[]) => void, cookieDomain?: string): void {
  const { events } = readTrail();
  resend(events);
  // Every time: an app, and a page from the back/forward cache, may redirect again.
  const end = ({ isTrusted }: Event) => isTrusted && readTrail().steps[0] && writeTrail(undefined, cookieDomain);
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, end, true);
}

function isOfSite({ origin, protocol, hostname }: URL, cookieDomain = ""): boolean {
  const domain = `.${cookieDomain.replace(/^\./, "").toLowerCase()}`;
  return origin === location.origin || (!!domain[1] && /^http/.test(protocol) && `.${hostname}`.endsWith(domain));
}

/** A page's host and path without the trailing slash that hosts add, and a hash router's route. */
const pageOf = ({ host, pathname, hash }: URL) => host + pathname.replace(/\/$/, "") + /^#[!/].*/.exec(hash);

const withoutHash = (address: string) => address.split("#")[0];

function readTrail(): Trail {
  const text = safely(() => new RegExp(`(?:^|; )${TRAIL}=([^;]+)`).exec(document.cookie)?.[1]);
  return safely(() => JSON.parse(decodeURIComponent(text as string)) as Trail) ?? { steps: [], events: [] };
}

/** @param trail undefined deletes the cookie */
function writeTrail(trail: Trail | undefined, domain = ""): void {
  const whole = encodeURIComponent(JSON.stringify(trail ?? ""));
  const text =
    trail && whole.length > MAX_TRAIL_LENGTH ? encodeURIComponent(JSON.stringify({ ...trail, events: [] })) : whole;
  safely(() => {
    // A mistyped domain is not the page's: redirects within its own host go on.
    for (const each of [domain, ""])
      if (!trail || !document.cookie.includes(text))
        // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on http
        document.cookie = `${TRAIL}=${text};path=/;max-age=${trail ? TRAIL_S : 0};samesite=lax;domain=${each}`;
  });
}
