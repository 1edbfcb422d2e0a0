import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";

/** Hono's environment here: Node's own request is there, except in tests that call `app.request()`. */
export interface Env {
  Bindings: Partial<HttpBindings>;
}

/**
 * Headers of what pages of other sites load. Set by hand on every answer: `hono/cors` as middleware costs 75 % of the
 * throughput of a hot route, and `secureHeaders()` forbids other sites to load the tag at all.
 */
export const PUBLIC_HEADERS = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "x-content-type-options": "nosniff",
} as const;

const PUBLIC_JSON = {
  ...PUBLIC_HEADERS,
  "content-type": "application/json; charset=utf-8",
  "cache-control": "private, no-store",
} as const;

/** An answer that any site may read. */
export function publicJson(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: PUBLIC_JSON });
}

/** Answer to the preflight of a cross-origin request with a JSON body or a run header. */
export function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...PUBLIC_HEADERS,
      "access-control-allow-methods": "GET, POST, OPTIONS",
      "access-control-allow-headers": "Content-Type, Fairsplit-Run",
      "access-control-max-age": "86400",
    },
  });
}

/** An error as RFC 9457 problem details. `extra` adds members, `headers` adds headers. */
export function problem(
  status: number,
  title: string,
  detail: string,
  { headers, ...extra }: { headers?: Record<string, string>; [member: string]: unknown } = {},
): Response {
  return new Response(JSON.stringify({ type: "about:blank", title, status, detail, ...extra }), {
    status,
    headers: {
      ...PUBLIC_HEADERS,
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...headers,
    },
  });
}

/** A request header; asks Node first, because building a Headers object costs more than the rest of a hot route. */
export function header(c: Context<Env>, name: string): string | undefined {
  const value = c.env?.incoming?.headers[name];
  if (value !== undefined) return Array.isArray(value) ? value.join(", ") : value;
  return c.env?.incoming ? undefined : c.req.header(name);
}
