import { Hono } from "hono";
import { asset } from "../http/asset.ts";
import { type Env, PUBLIC_HEADERS } from "../http/http.ts";
import type { PublishedTag } from "./published-tag.ts";

const HEADERS = { ...PUBLIC_HEADERS, "content-type": "text/javascript; charset=utf-8" };
const SHORT = "public, max-age=300";
/** A year, the longest that caches take for "for ever". */
const FOREVER = "public, max-age=31536000, immutable";

/**
 * `GET /tag.js`: the script that a site pastes, with a strong ETag. `GET /tag.<hash>.js`: one
 * version of it for ever, also one that an earlier version of the server had. `GET /badge.js` and
 * `GET /debug.js`: what all of them load when they show a preview, and when somebody looks into
 * what they do.
 */
export function tagRoutes(
  current: PublishedTag,
  { earlierTags = [], badge, debug }: { earlierTags?: readonly PublishedTag[]; badge: string; debug: string },
) {
  const app = new Hono<Env>();
  app.get("/tag.js", asset(current.script, { ...HEADERS, "cache-control": SHORT }));
  app.get("/badge.js", asset(badge, { ...HEADERS, "cache-control": SHORT }));
  app.get("/debug.js", asset(debug, { ...HEADERS, "cache-control": SHORT }));
  for (const { file, script } of [current, ...earlierTags]) {
    app.get(`/${file}`, asset(script, { ...HEADERS, "cache-control": FOREVER }));
  }
  return app;
}
