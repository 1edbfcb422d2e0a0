import { Hono } from "hono";
import { asset } from "../asset.ts";
import { type Env, PUBLIC_HEADERS } from "../http.ts";

/** `GET /tag.js`: the script that a site pastes, with a strong ETag. */
export function tagRoutes(script: string) {
  return new Hono<Env>().get(
    "/tag.js",
    asset(script, {
      ...PUBLIC_HEADERS,
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=300",
    }),
  );
}
