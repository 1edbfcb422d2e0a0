import { safely } from "./safely.ts";
import { wordFor } from "./word-for.ts";

/**
 * Cookie with the pages that redirects led from and to; shared by the subdomains that share the
 * device.
 */
export const TRAIL = "fairsplit_trail";
/** Longer than any page takes to load, shorter than a visitor takes to come back. */
const TRAIL_S = 15;
/** The last ones are of the page that is left. */
const MAX_CARRIED = 4;
/** Browsers keep cookies of 4 KiB; the rest is for events. */
const MAX_TRAIL_LENGTH = 3000;

/** A page that a redirect of an experiment led from or to. */
type Step = readonly [experiment: string, page: string];

interface Trail {
  readonly steps: readonly Step[];
  /** Events that the server had not taken when the last page was left, as the outbox keeps them. */
  readonly events: readonly string[];
}

/** What a redirect needs of the tag. */
export interface Redirected {
  readonly experiment: string;
  /** `data-exp-redirect`: pages by group. */
  readonly list: string;
  /** The group of the device. */
  readonly group: string;
  readonly cookieDomain: string | undefined;
  /**
   * Shows the placeholder's variant on this page, and reports its exposure unless that was done.
   */
  readonly show: (isReported: boolean) => void;
  /** Reports the exposure. */
  readonly expose: () => void;
  /** Sends all that waits. */
  readonly flush: () => void;
  /** Events that the server has not taken yet, as the outbox keeps them. */
  readonly unsent: () => readonly string[];
}

/**
 * Goes to the group's page, of the same origin or of a subdomain that shares the device, with the
 * page's query and fragment. The target's own parameters win. It goes to each target once: a host
 * that adds a slash or sends back, and two pages that point at each other, end with the page that
 * is there. The exposure is reported before the page is left, and only then.
 */
export function redirect(redirected: Redirected): void {
  const { experiment, cookieDomain, show, expose, flush, unsent } = redirected;
  const { steps } = readTrail();
  const isReported = steps.some(([key]) => key === experiment);
  const url = safely(() => destination(redirected, steps));
  if (url) {
    const next: Step[] = [...steps, [experiment, pageOf(location)], [experiment, pageOf(url)]];
    writeTrail({ steps: next, events: [] }, cookieDomain);
  }
  // Where nothing can be kept, nothing would end a loop.
  if (!url || !readTrail().steps[0]) {
    show(isReported);
    return;
  }
  if (!isReported) expose();
  writeTrail({ ...readTrail(), events: unsent().slice(-MAX_CARRIED) }, cookieDomain);
  flush();
  location.replace(url);
}

/**
 * The page that the group's visitors are to see, unless they see it, or were led from it or to it
 * before.
 */
function destination({ list, group, cookieDomain }: Redirected, steps: readonly Step[]): URL | undefined {
  const word = wordFor(list, group);
  if (!word) return;
  const url = new URL(word, location.href);
  const page = pageOf(url);
  if (page === pageOf(location) || !isOfSite(url, cookieDomain) || steps.some((step) => step[1] === page)) return;
  const own = new URLSearchParams(url.search);
  // As it came, where there is nothing to be merged.
  if (!url.search) url.search = location.search;
  else {
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (!own.has(name)) url.searchParams.append(name, value);
    }
  }
  url.hash ||= location.hash;
  return url;
}

/**
 * Takes over what the page before could not send, and lets the visitor's next step be redirected
 * again.
 */
export function arrive(resend: (events: readonly string[]) => void, cookieDomain?: string): void {
  const { events } = readTrail();
  resend(events);
  const end = ({ isTrusted }: Event) => isTrusted && writeTrail(undefined, cookieDomain);
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, end, { once: true, capture: true });
}

function isOfSite({ origin, protocol, hostname }: URL, cookieDomain = ""): boolean {
  const domain = `.${cookieDomain.replace(/^\./, "")}`;
  return origin === location.origin || (!!domain[1] && /^http/.test(protocol) && `.${hostname}`.endsWith(domain));
}

/** A page's address without what hosts add. */
const pageOf = ({ host, pathname }: URL | Location) => host + pathname.replace(/\/$/, "");

function readTrail(): Trail {
  const text = safely(() => new RegExp(`(?:^|; )${TRAIL}=([^;]+)`).exec(document.cookie)?.[1]);
  return safely(() => JSON.parse(decodeURIComponent(text as string)) as Trail) ?? { steps: [], events: [] };
}

/** @param trail without one it ends */
function writeTrail(trail: Trail | undefined, domain = ""): void {
  const whole = encodeURIComponent(JSON.stringify(trail ?? ""));
  const text =
    trail && whole.length > MAX_TRAIL_LENGTH ? encodeURIComponent(JSON.stringify({ ...trail, events: [] })) : whole;
  safely(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on plain http
    document.cookie = `${TRAIL}=${text};path=/;max-age=${trail ? TRAIL_S : 0};samesite=lax;domain=${domain}`;
  });
}
