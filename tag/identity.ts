import type { Options } from "./options.ts";
import { safely } from "./safely.ts";

export const COOKIE = "fairsplit_id";
/** Cookie name of earlier versions: an ID of our form is adopted if there is no other. */
export const EARLIER_COOKIE = "device_id";
export const YEAR_S = 31_536_000;
/** Form of our IDs; other values are the site's own. */
const FORM = /^[\da-f]{32}(;|$)/;

/** Strings that begin with each value of a cookie name. Sandboxed frames throw on cookies. */
export const values = (name = COOKIE) => safely(() => `; ${document.cookie}`.split(`; ${name}=`).slice(1));

const isOurs = (text: string | undefined) => FORM.test(text as string);

/** The device ID in a cookie; undefined for a site's own cookie of that name. */
export const readCookie = (name?: string) => values(name)?.find(isOurs)?.slice(0, 32);

/**
 * The device ID of this browser: from the cookie, else from storage, else from the cookie of an
 * earlier version.
 */
export const readDevice = (cookie?: string): string | undefined =>
  [values(cookie), safely((): string => localStorage[COOKIE]) ?? values(EARLIER_COOKIE)]
    .flat()
    .find(isOurs)
    ?.slice(0, 32);

/**
 * Writes the cookie of a device that has none yet, or deletes it; the other part renews, secures
 * and verifies it. A site's own cookie of that name stays.
 *
 * @param from the present ID; `""` if there is no cookie
 * @param to the ID, or `""` to delete the cookie
 */
export function changeCookie(
  from: string,
  to: string,
  { cookie = COOKIE, cookieDomain = "" }: Pick<Options, "cookie" | "cookieDomain">,
): void {
  safely(() => {
    if ((values(cookie)?.[0] || "").slice(0, 32) === from)
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on plain http
      document.cookie = `${cookie}=${to};path=/;max-age=${to ? YEAR_S : 0};samesite=lax;domain=${cookieDomain}`;
  });
}
