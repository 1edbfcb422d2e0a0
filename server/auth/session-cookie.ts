import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import { basePathOf } from "../http/base-path.ts";
import { type Env, header } from "../http/http.ts";

const NAME = "fairsplit";

/** The way in which clients reach the server, as far as it can know. */
export interface Reach {
  /**
   * URL under which browsers reach the server, such as `https://ab.example.com`; null if not
   * configured.
   */
  readonly baseUrl: string | null;
  /** Number of trusted proxies, for X-Forwarded-Proto. */
  readonly proxies: number;
}

/**
 * The session ID sent by a browser. Over https only the cookie that no sibling domain can set
 * counts.
 */
export function readSessionCookie(c: Context<Env>, reach: Reach): string | null {
  return getCookie(c, NAME, options(c, reach).prefix) || null;
}

/** No Max-Age: it ends with the browser, and the server's own limits hold in any case. */
export function setSessionCookie(c: Context<Env>, reach: Reach, id: string): void {
  setCookie(c, NAME, id, options(c, reach));
}

export function clearSessionCookie(c: Context<Env>, reach: Reach): void {
  deleteCookie(c, NAME, options(c, reach));
}

/** Both prefixes imply Secure. `__Host-` demands the path `/`; a base path gets the other. */
function options(c: Context<Env>, reach: Reach): CookieOptions {
  const path = basePathOf(reach.baseUrl);
  const common = { path: path || "/", httpOnly: true, sameSite: "Strict" } as const;
  return isHttps(c, reach) ? { ...common, secure: true, prefix: path === "" ? "host" : "secure" } : common;
}

/** Whether browsers reach the server over https, as far as it can know. */
export function isHttps(c: Context<Env>, { baseUrl, proxies }: Reach): boolean {
  if (proxies > 0) {
    const forwarded = (header(c, "x-forwarded-proto") ?? "").split(",").map((part) => part.trim().toLowerCase());
    // Some proxies append to the header, others replace it.
    const proto = forwarded.at(-proxies) ?? forwarded[0];
    if (proto !== "") return proto === "https";
  }
  return baseUrl?.startsWith("https:") ?? false;
}
