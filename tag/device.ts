import { safely } from "./safely.ts";

const YEAR_S = 31_536_000;

/** The device id of the first-party cookie, if there is one. A sandboxed frame throws on cookies. */
export const readCookie = () => safely(() => /(^|; )device_id=([^;]+)/.exec(document.cookie)?.[2]);

/**
 * Lets the device keep its id.
 *
 * @param cookieDomain whose subdomains share the cookie; `""` for this host only
 * @param seconds how long: every visit lets it live for another 365 days
 */
export function writeCookie(id: string, cookieDomain: string, seconds = YEAR_S): void {
  const secure = location.protocol === "https:" ? ";secure" : "";
  safely(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on plain http
    document.cookie = `device_id=${id};path=/;max-age=${seconds};samesite=lax;domain=${cookieDomain}${secure}`;
  });
}
