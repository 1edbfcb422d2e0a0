import { safely } from "./safely.ts";
import { keep } from "./storage.ts";

export const COOKIE = "fairsplit_id";
/**
 * The cookie's name in earlier versions: an id of our form is taken over where there is no other.
 */
const EARLIER_COOKIE = "device_id";
const YEAR_S = 31_536_000;
/** A value of another form is of the site's own making. */
const FORM = /^[0-9a-f]{32}(?=;|$)/;

/** Texts that begin with the values of cookies of a name. A sandboxed frame throws on cookies. */
const values = (name: string) => `; ${document.cookie}`.split(`; ${name}=`).slice(1);

/** The device id that a cookie holds. A site's own cookie of that name holds none. */
export const readCookie = (name = COOKIE) =>
  safely(() => FORM.exec(values(name).find((text) => FORM.test(text)) as string)?.[0]);

/**
 * The device id of this browser: from the cookie, else from storage, else from the cookie of an
 * earlier version.
 */
export function readDevice(cookie?: string): string | undefined {
  const stored = safely(() => localStorage[COOKIE]) ?? readCookie(EARLIER_COOKIE);
  return readCookie(cookie) || FORM.exec(stored)?.[0];
}

/**
 * Lets the device keep its id: in the cookie, or in storage where the cookie cannot be written (an
 * HttpOnly cookie has its name, or the domain is not the page's).
 *
 * @param domain whose subdomains share the cookie; `""` for this host only
 */
export function keepDevice(id: string, cookie?: string, domain?: string): void {
  // A site's own cookie of that name stays as it is.
  if (readCookie(cookie) || !safely(() => values(cookie ?? COOKIE)[0])) writeCookie(id, cookie, domain);
  if (readCookie(cookie) !== id) keep(COOKIE, id);
}

/** Takes the device's id away. */
export function forgetDevice(cookie?: string, domain?: string): void {
  if (readCookie(cookie)) writeCookie("", cookie, domain, 0);
  // So that the id of an earlier version is not taken over again.
  if (readCookie(EARLIER_COOKIE)) safely(() => (localStorage[COOKIE] = "-"));
}

/** @param seconds how long: every visit lets it live for another 365 days */
function writeCookie(id: string, cookie = COOKIE, domain = "", seconds = YEAR_S): void {
  const secure = location.protocol === "https:" ? ";secure" : "";
  safely(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on plain http
    document.cookie = `${cookie}=${id};path=/;max-age=${seconds};samesite=lax;domain=${domain}${secure}`;
  });
}
