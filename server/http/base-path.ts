import type { RequestListener } from "node:http";
import type { MiddlewareHandler } from "hono";
import type { Env } from "./http.ts";

/** First segments of our own paths: a base path beginning with one would be ambiguous. */
export const OWN_SEGMENTS: readonly string[] = [
  "api",
  "compat",
  "demo",
  "docs",
  "events",
  "experiments",
  "groups",
  "healthz",
  "login",
  "logout",
  "metrics",
  "notes",
  "ofrep",
  "readyz",
  "renew",
  "reports",
];

/** An attribute of our pages that holds one of our paths. Text cannot match: quotes are escaped. */
const ADDRESS = / (href|action|formaction|src|data-visits|data-results-live)="\/(?!\/)/g;
const PAGE = /^text\/(html|event-stream)\b/;

/** Path below which browsers reach the server, such as `/ab`; empty for none. */
export function basePathOf(baseUrl: string | null): string {
  return baseUrl === null ? "" : new URL(baseUrl).pathname.replace(/\/$/, "");
}

/** Removes the base path from each request's URL if the proxy kept it. */
export function withoutBasePath(basePath: string, next: RequestListener): RequestListener {
  if (basePath === "") return next;
  return (request, response) => {
    request.url = urlBelow(basePath, request.url ?? "");
    return next(request, response);
  };
}

/** A URL without the base path, if it has one. */
export function urlBelow(basePath: string, url: string): string {
  if (basePath === "" || !url.startsWith(basePath) || !/^[/?]?$/.test(url.charAt(basePath.length))) return url;
  const rest = url.slice(basePath.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Puts the base path before our own paths in pages, their live parts and redirects. */
export function underBasePath(basePath: string): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    const { res } = c;
    const location = res.headers.get("location");
    if (location !== null && /^\/(?!\/)/.test(location)) res.headers.set("location", basePath + location);
    if (res.body === null || !PAGE.test(res.headers.get("content-type") ?? "")) return;
    const { status } = res;
    const headers = new Headers(res.headers);
    headers.delete("content-length");
    const body = res.body.pipeThrough(new TextDecoderStream()).pipeThrough(rebase(basePath));
    // First, because Hono merges the headers of the response that is there into the new one.
    c.res = undefined;
    c.res = new Response(body.pipeThrough(new TextEncoderStream()), { status, headers });
  };
}

/** A page is one chunk, and so is a live part. */
function rebase(basePath: string): TransformStream<string, string> {
  return new TransformStream({
    transform(text, controller) {
      controller.enqueue(text.replace(ADDRESS, ` $1="${basePath}/`));
    },
  });
}
