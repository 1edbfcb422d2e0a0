import type { Context } from "hono";
import { type Env, header } from "../http/http.ts";
import { isLoopback } from "./reachability.ts";

/**
 * Whether a page of another site made a request. Browsers name its origin (Sec-Fetch-Site; over
 * plain http and older ones only Origin); programs send neither header, and hold no cookie that
 * another page could borrow.
 *
 * @param baseUrl URL under which browsers reach the server; null compares with the request's own
 *   host
 */
export function isFromAnotherSite(c: Context<Env>, baseUrl: string | null): boolean {
  const site = header(c, "sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = header(c, "origin");
  if (origin === undefined) return false;
  const host = header(c, "host") ?? "";
  // Use the Host header, not the request's URL, whose host an absolute request URI sets. Behind a
  // proxy that ends TLS the server cannot know the scheme, unless the base URL says it.
  const own = baseUrl === null ? [`http://${host}`, `https://${host}`] : [new URL(baseUrl).origin];
  if (isLoopback(hostName(host))) own.push(`http://${host}`);
  return !own.includes(origin);
}

/**
 * Whether a request names this computer as its host. A page can point its own name to 127.0.0.1
 * (DNS rebinding) and then has the same origin as a server there; only the name reveals it.
 */
export function isForLoopback(c: Context<Env>): boolean {
  const host = header(c, "host");
  return isLoopback(hostName(new URL(c.req.url).host)) && (host === undefined || isLoopback(hostName(host)));
}

/** Without port and the brackets of IPv6. */
function hostName(host: string): string {
  return host.replace(/:\d{1,5}$/, "").replace(/^\[(.*)\]$/, "$1");
}
