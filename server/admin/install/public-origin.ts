import type { Context } from "hono";
import { isHttps, type Reach } from "../../auth/session-cookie.ts";
import { type Env, header } from "../../http/http.ts";

/** A host and port as browsers send them. */
const HOST = /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * URL at which browsers reach the server: the configured one, else the address that the request was
 * sent to, which may be right only for its sender. Null when that is not an address. Only for
 * display: programs can send any Host.
 */
export function publicOrigin(c: Context<Env>, reach: Reach): string | null {
  if (reach.baseUrl !== null) return reach.baseUrl;
  // Not the request's URL: an absolute request URI sets its host.
  const host = header(c, "host") ?? "";
  return HOST.test(host) ? `${isHttps(c, reach) ? "https" : "http"}://${host}` : null;
}
