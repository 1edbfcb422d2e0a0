import { safely } from "./safely.ts";

export const COOKIE = "fairsplit_id";
/** Cookie name of earlier versions: an ID of our form is adopted if there is no other. */
export const EARLIER_COOKIE = "device_id";
export const YEAR_S = 31_536_000;
/** Form of our IDs; other values are the site's own. */
const FORM = /^[\da-f]{32}(;|$)/;

/** Strings that begin with each value of a cookie name. Sandboxed frames throw on cookies. */
export const values = (name: string) => safely(() => `; ${document.cookie}`.split(`; ${name}=`).slice(1));

const first = (texts: readonly (string | undefined)[]) => texts.find((text) => FORM.test(text as string))?.slice(0, 32);

/** The device ID in a cookie; undefined for a site's own cookie of that name. */
export const readCookie = (name = COOKIE) => first(values(name) ?? []);

/**
 * The device ID of this browser: from the cookie, else from storage, else from the cookie of an
 * earlier version.
 */
export const readDevice = (cookie = COOKIE): string | undefined =>
  first([values(cookie), safely(() => localStorage[COOKIE]) ?? values(EARLIER_COOKIE)].flat());

/**
 * Writes the cookie of a device that has none yet; the other part renews, secures and verifies it.
 * A site's own cookie of that name stays.
 *
 * @param domain shared by its subdomains; `""` for this host only
 */
export function writeFirstCookie(id: string, cookie = COOKIE, domain = ""): void {
  safely(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on plain http
    if (!values(cookie)?.[0]) document.cookie = cookieText(id, cookie, domain, YEAR_S);
  });
}

/** @param seconds lifetime; every visit renews it for 365 days */
export const cookieText = (id: string, cookie: string, domain: string, seconds: number) =>
  `${cookie}=${id};path=/;max-age=${seconds};samesite=lax;domain=${domain}`;
