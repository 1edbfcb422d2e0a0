import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import { type Env, header } from "../http/http.ts";

const NAME = "fairsplit";

/** How the server is reached, as far as it can know. */
export interface Reach {
  /**
   * Origin under which browsers reach the server, such as `https://ab.example.com`; null when
   * nobody said.
   */
  readonly baseUrl: string | null;
  /** Proxies in front whose X-Forwarded-Proto is to be believed. */
  readonly proxies: number;
}

/**
 * The id of the session that a browser says it has. Over https only the cookie counts that no
 * sibling domain can set.
 */
export function readSessionCookie(c: Context<Env>, reach: Reach): string | null {
  return getCookie(c, NAME, isHttps(c, reach) ? "host" : undefined) || null;
}

/** No Max-Age: it ends with the browser, and the server's own limits hold in any case. */
export function setSessionCookie(c: Context<Env>, reach: Reach, id: string): void {
  setCookie(c, NAME, id, options(c, reach));
}

export function clearSessionCookie(c: Context<Env>, reach: Reach): void {
  deleteCookie(c, NAME, options(c, reach));
}

/** The prefix `__Host-` implies Secure. */
function options(c: Context<Env>, reach: Reach): CookieOptions {
  const common = { path: "/", httpOnly: true, sameSite: "Strict" } as const;
  return isHttps(c, reach) ? { ...common, prefix: "host" } : common;
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
