import { COOKIE } from "./identity.ts";
import { forgetDevice } from "./keep-device.ts";
import type { Options } from "./options.ts";
import { safely } from "./safely.ts";

/**
 * Asks the server to set the device's cookie again by a header: Safari ends a cookie that a script
 * has set after 7 days. Called after each time the tag has written the cookie.
 *
 * @param device the device now, if it may be kept
 */
export async function renewCookie(
  { cookie = COOKIE, cookieDomain = "", serverCookie }: Options,
  api: string,
  device: () => string | undefined,
): Promise<void> {
  if (!device() || serverCookie == null || serverCookie === "off") return;
  const query = new URLSearchParams({ cookie, domain: cookieDomain });
  // No answer is needed, so that credentials need no permission of the server's.
  await safely(() =>
    fetch(`${api}/renew?${query}`, {
      method: "POST",
      mode: "no-cors",
      credentials: "include",
      keepalive: true,
    }).catch(() => undefined),
  );
  if (!device()) forgetDevice(cookie, cookieDomain);
}
