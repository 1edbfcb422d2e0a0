import type { IncomingMessage } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";

/** Hono's environment. Node's own request is present, except in tests that call `app.request()`. */
export interface Env {
  Bindings: Partial<HttpBindings>;
  /** Set by the guard, only on admin routes. */
  Variables: {
    /** Author for the history: "admin", a named token, or "demo" where there is no login. */
    actor: string;
    /** Whether anyone on this computer is let in without a login. */
    isDemo: boolean;
    /** Role of the caller. */
    role: "viewer" | "editor" | "admin" | "ingest";
    /** Token that forms carry in their field `csrf`. */
    csrf: string;
    /** Whether the caller is still logged in, for streaming answers. */
    isStillIn: () => boolean;
    /** The banners of every page. */
    alarms: readonly string[];
  };
}

/**
 * Headers of answers that pages of other sites load. Set by hand: `hono/cors` as middleware costs
 * 75 % of the throughput of a hot route, and `secureHeaders()` prevents other sites from loading
 * the tag at all.
 */
export const PUBLIC_HEADERS = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "x-content-type-options": "nosniff",
} as const;

export const PUBLIC_JSON = {
  ...PUBLIC_HEADERS,
  "content-type": "application/json; charset=utf-8",
  "cache-control": "private, no-store",
} as const;

/** An answer, before it becomes Hono's or Node's. */
export interface Answer<Body = string> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** An answer whose body may be compressed. */
export type SentAnswer = Answer<string | Buffer>;

/**
 * An answer that any site may read. Scripts of other sites see only those of `headers` that it
 * exposes.
 */
export function publicAnswer(body: unknown, status = 200, headers?: Readonly<Record<string, string>>): Answer {
  return publicText(JSON.stringify(body), status, headers);
}

/** The same for a body that is JSON already. */
export function publicText(body: string, status = 200, headers?: Readonly<Record<string, string>>): Answer {
  return { status, headers: headers ? { ...PUBLIC_JSON, ...headers } : PUBLIC_JSON, body };
}

/** The same as a Response, for Hono's handlers. */
export function publicJson(body: unknown, status = 200, headers?: Readonly<Record<string, string>>): Response {
  return respond(publicAnswer(body, status, headers));
}

export function respond({ status, headers, body }: SentAnswer): Response {
  return new Response(body as string | Uint8Array<ArrayBuffer>, { status, headers });
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

interface ProblemExtras {
  readonly headers?: Record<string, string>;
  readonly [member: string]: unknown;
}

/** An error as RFC 9457 problem details. `extra` adds members, `headers` adds headers. */
export function problemAnswer(
  status: number,
  title: string,
  detail: string,
  { headers, ...extra }: ProblemExtras = {},
): Answer {
  return {
    status,
    headers: {
      ...PUBLIC_HEADERS,
      // The tag of another origin waits for as long as it says.
      "access-control-expose-headers": "Retry-After",
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...headers,
    },
    body: JSON.stringify({ type: "about:blank", title, status, detail, ...extra }),
  };
}

/** The same as a Response, for Hono's handlers. */
export function problem(status: number, title: string, detail: string, extras?: ProblemExtras): Response {
  return respond(problemAnswer(status, title, detail, extras));
}

/** A request's headers by lower-case name. */
export type HeaderOf = (name: string) => string | undefined;

/** The headers of a request as Node has it. */
export function nodeHeaders({ headers }: IncomingMessage): HeaderOf {
  return (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  };
}

export function headersOf(c: Context<Env>): HeaderOf {
  return c.env?.incoming ? nodeHeaders(c.env.incoming) : (name) => c.req.header(name);
}

/**
 * A request header. Read from Node first: building a Headers object costs more than the rest of a
 * hot route.
 */
export function header(c: Context<Env>, name: string): string | undefined {
  return headersOf(c)(name);
}
