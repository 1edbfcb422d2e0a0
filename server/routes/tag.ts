import { createHash } from "node:crypto";
import { Hono } from "hono";
import { type Env, header, PUBLIC_HEADERS } from "../http.ts";

/** `GET /tag.js`: the script that a site pastes, with a strong ETag. */
export function tagRoutes(script: string) {
  const headers = {
    ...PUBLIC_HEADERS,
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "public, max-age=300",
    etag: `"${createHash("sha256").update(script).digest("base64url")}"`,
  };
  return new Hono<Env>().get("/tag.js", (c) => {
    const known = header(c, "if-none-match")
      ?.split(",")
      // A proxy that compresses makes the ETag weak.
      .some((etag) => etag.trim().replace(/^W\//, "") === headers.etag);
    return known ? new Response(null, { status: 304, headers }) : new Response(script, { headers });
  });
}
