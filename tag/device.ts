const YEAR_S = 31_536_000;

/**
 * The device id of the first-party cookie, if there is one. A sandboxed frame throws on cookies: the id then lives as long
 * as the page.
 *
 * @param id one to be in the cookie from now on
 * @param cookieDomain whose subdomains share the cookie; `""` for this host only
 * @param seconds how long: every visit lets it live for another 365 days
 */
export function cookie(id?: string, cookieDomain?: string, seconds = YEAR_S): string | undefined {
  try {
    if (id) {
      const secure = location.protocol === "https:" ? ";secure" : "";
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on plain http
      document.cookie = `device_id=${id};path=/;max-age=${seconds};samesite=lax;domain=${cookieDomain}${secure}`;
    }
    return /(?:^|; )device_id=([^;]+)/.exec(document.cookie)?.[1];
  } catch {
    // As above.
  }
}
