import { COOKIE, EARLIER_COOKIE, readCookie, values, YEAR_S } from "./identity.ts";
import { safely } from "./safely.ts";
import { keep } from "./storage.ts";

/**
 * Stores the device ID: in the cookie, or in storage if the cookie cannot be written (an HttpOnly
 * cookie has its name, or the domain is not the page's).
 *
 * @param domain shared by its subdomains; `""` for this host only
 */
export function keepDevice(id: string, cookie?: string, domain?: string): void {
  // Do not overwrite a site's own cookie of that name.
  if (readCookie(cookie) || !values(cookie ?? COOKIE)?.[0]) writeCookie(id, cookie, domain);
  if (readCookie(cookie) !== id) keep(COOKIE, id);
}

/** Deletes the device ID. */
export function forgetDevice(cookie?: string, domain?: string): void {
  // An earlier view may have had no domain.
  for (const each of [domain, ""]) if (readCookie(cookie)) writeCookie("", cookie, each, 0);
  // Prevents adopting the ID of an earlier version again.
  if (readCookie(EARLIER_COOKIE)) safely(() => (localStorage[COOKIE] = "-"));
}

/**
 * Writes the cookie as `changeCookie` does, and for https only. A text for both would take 10 bytes
 * of the first part.
 *
 * @param seconds lifetime; every visit renews it for 365 days
 */
function writeCookie(id: string, cookie = COOKIE, domain = "", seconds = YEAR_S): void {
  const secure = location.protocol === "https:" ? ";secure" : "";
  safely(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on plain http
    document.cookie = `${cookie}=${id};path=/;max-age=${seconds};samesite=lax;domain=${domain}${secure}`;
  });
}
