import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { type Env, header, problem } from "./http.ts";
import { clientAddress, type Limits } from "./rate-limit.ts";

const ADMIN_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/**
 * Guards everything that only an admin may see or do: the bearer token (`null` opens it, as the demo does on loopback),
 * and for writes a request that no other site's page made.
 */
export function adminOnly(token: string | null, { logins, proxies }: Limits): MiddlewareHandler<Env> {
  return async (c, next) => {
    const client = clientAddress(c, proxies);
    const wait = token === null ? null : await logins.blocked(client);
    if (wait !== null) {
      c.res = problem(429, "Too Many Requests", "too many wrong admin tokens came from this address", {
        headers: { "retry-after": String(wait) },
      });
    } else if (token !== null && !holdsToken(c, token)) {
      await logins.take(client);
      c.res = problem(401, "Unauthorized", "this needs the header Authorization: Bearer <admin token>", {
        headers: { "www-authenticate": 'Bearer realm="fairsplit"' },
      });
    } else if (c.req.method !== "GET" && c.req.method !== "HEAD" && isFromAnotherSite(c)) {
      c.res = problem(403, "Forbidden", "a write from another site's page is refused");
    } else {
      await next();
    }
    c.res.headers.delete("access-control-allow-origin");
    for (const [name, value] of Object.entries(ADMIN_HEADERS)) c.res.headers.set(name, value);
  };
}

function holdsToken(c: Context<Env>, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(header(c, "authorization") ?? "")?.[1] ?? "";
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}

/** Browsers say where a request comes from; programs send neither header. */
function isFromAnotherSite(c: Context<Env>): boolean {
  const site = header(c, "sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = header(c, "origin");
  return origin !== undefined && origin.replace(/^https?:\/\//, "") !== header(c, "host");
}
