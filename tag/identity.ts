import { safely } from "./safely.ts";
import { keep } from "./storage.ts";

export const COOKIE = "fairsplit_id";
/** Cookie name of earlier versions: an ID of our form is adopted if there is no other. */
const EARLIER_COOKIE = "device_id";
const YEAR_S = 31_536_000;
/** Form of our IDs; other values are the site's own. */
const FORM = /^[0-9a-f]{32}(?=;|$)/;

/** Strings that begin with each value of a cookie name. Sandboxed frames throw on cookies. */
const values = (name: string) => `; ${document.cookie}`.split(`; ${name}=`).slice(1);

/** The device ID in a cookie; undefined for a site's own cookie of that name. */
export const readCookie = (name = COOKIE) =>
  safely(() => FORM.exec(values(name).find((text) => FORM.test(text)) as string)?.[0]);

/**
 * The device ID of this browser: from the cookie, else from storage, else from the cookie of an
 * earlier version.
 */
export function readDevice(cookie?: string): string | undefined {
  const stored = safely(() => localStorage[COOKIE]) ?? readCookie(EARLIER_COOKIE);
  return readCookie(cookie) || FORM.exec(stored)?.[0];
}

/**
 * Stores the device ID: in the cookie, or in storage if the cookie cannot be written (an HttpOnly
 * cookie has its name, or the domain is not the page's).
 *
 * @param domain shared by its subdomains; `""` for this host only
 */
export function keepDevice(id: string, cookie?: string, domain?: string): void {
  // Do not overwrite a site's own cookie of that name.
  if (readCookie(cookie) || !safely(() => values(cookie ?? COOKIE)[0])) writeCookie(id, cookie, domain);
  if (readCookie(cookie) !== id) keep(COOKIE, id);
}

/** Deletes the device ID. */
export function forgetDevice(cookie?: string, domain?: string): void {
  if (readCookie(cookie)) writeCookie("", cookie, domain, 0);
  // Prevents adopting the ID of an earlier version again.
  if (readCookie(EARLIER_COOKIE)) safely(() => (localStorage[COOKIE] = "-"));
}

/** @param seconds lifetime; every visit renews it for 365 days */
function writeCookie(id: string, cookie = COOKIE, domain = "", seconds = YEAR_S): void {
  const secure = location.protocol === "https:" ? ";secure" : "";
  safely(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on plain http
    document.cookie = `${cookie}=${id};path=/;max-age=${seconds};samesite=lax;domain=${domain}${secure}`;
  });
}
