import type { Context } from "hono";
import { isHttps, type Reach } from "../../auth/session-cookie.ts";
import { type Env, header } from "../../http/http.ts";

/** A host and port as browsers write them. */
const HOST = /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * Where browsers reach the server: what the configuration says, else the address that the request was sent to, which is right
 * for whoever sent it and perhaps for nobody else. Null when that is no address. Only to be shown: a program writes any Host.
 */
export function publicOrigin(c: Context<Env>, reach: Reach): string | null {
  if (reach.baseUrl !== null) return reach.baseUrl;
  // Not the URL of the request: an absolute request URI sets the host of that.
  const host = header(c, "host") ?? "";
  return HOST.test(host) ? `${isHttps(c, reach) ? "https" : "http"}://${host}` : null;
}
