import { Hono } from "hono";
import { asset } from "../http/asset.ts";
import { type Env, PUBLIC_HEADERS } from "../http/http.ts";
import { type PublishedTag, publishTag } from "./published-tag.ts";

const HEADERS = { ...PUBLIC_HEADERS, "content-type": "text/javascript; charset=utf-8" };
const SHORT = "public, max-age=300";
/** A year, which caches treat as forever. */
const FOREVER = "public, max-age=31536000, immutable";

/**
 * `GET /tag.js`: the script that a site pastes, with a strong ETag; `GET /parts.js` is the same
 * under a name on no blocker's list. `GET /tag.<hash>.js`: one immutable version, also of an
 * earlier server version. `GET /tag-more.<hash>.js`: its other part. `GET /badge.js` and
 * `GET /debug.js`: scripts that all versions load for a preview, and for debugging.
 */
export function tagRoutes(
  current: PublishedTag,
  {
    earlierTags = [],
    more = "",
    badge,
    debug,
  }: { earlierTags?: readonly PublishedTag[]; more?: string; badge: string; debug: string },
) {
  const app = new Hono<Env>();
  const scripts = {
    "tag.js": current.script,
    "parts.js": current.script,
    "tag-more.js": more,
    "badge.js": badge,
    "debug.js": debug,
  };
  for (const [file, script] of Object.entries(scripts)) {
    app.get(`/${file}`, asset(script, { ...HEADERS, "cache-control": SHORT }));
  }
  for (const { file, script } of [current, publishTag(more, "tag-more"), ...earlierTags]) {
    const answer = asset(script, { ...HEADERS, "cache-control": FOREVER });
    app.get(`/${file}`, answer);
    app.get(`/${file.replace(/^tag\./, "parts.")}`, answer);
  }
  return app;
}
