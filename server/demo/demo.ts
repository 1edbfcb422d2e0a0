import { Hono } from "hono";
import { asset } from "../http/asset.ts";
import { compressed } from "../http/compressed.ts";
import type { Env } from "../http/http.ts";
import { forgetVisitor } from "./cookies.ts";
import { fill } from "./fill.ts";
import { STAGES } from "./stages.ts";

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ["html", "text/html; charset=utf-8"],
  ["css", "text/css; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
]);

const HEADERS = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
} as const;

/**
 * The demo pages: `/` lists the stages, `/demo/<stage>` is one of them, a POST to a stage makes the
 * browser a new visitor.
 *
 * @param pages the files' text by name; the routes are fixed here, so that no request reaches the
 *   file system
 */
export function demoRoutes({ pages }: { pages: ReadonlyMap<string, string> }) {
  const app = new Hono<Env>();
  for (const [file, text] of pages) {
    const [name = "", extension = ""] = file.split(".");
    const contentType = CONTENT_TYPES.get(extension);
    if (contentType === undefined) continue;
    const stage = extension === "html" ? STAGES.get(name) : undefined;
    const headers = { ...HEADERS, "content-type": contentType, "cache-control": stage ? "no-store" : "no-cache" };
    if (extension !== "html") {
      app.get(`/demo/${file}`, asset(text, headers));
    } else if (name === "index") {
      app.get("/", asset(text, headers));
    } else {
      const path = `/demo/${name}`;
      if (stage) app.get(path, compressed, (c) => c.body(fill(text, stage(c)), 200, headers));
      else app.get(path, asset(text, headers));
      app.post(path, (c) => {
        forgetVisitor(c);
        return c.redirect(path, 303);
      });
    }
  }
  return app;
}
