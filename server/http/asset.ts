import { createHash } from "node:crypto";
import type { Handler } from "hono";
import { type Env, header } from "./http.ts";

/** Answers with a text that stays the same as long as the server runs, or with 304 to who has it already. */
export function asset(text: string, headers: Readonly<Record<string, string>>): Handler<Env> {
  const etag = `"${createHash("sha256").update(text).digest("base64url")}"`;
  const answered = { ...headers, etag };
  return (c) => {
    const known = header(c, "if-none-match")
      ?.split(",")
      // A proxy that compresses makes the ETag weak.
      .some((given) => given.trim().replace(/^W\//, "") === etag);
    return known ? new Response(null, { status: 304, headers: answered }) : new Response(text, { headers: answered });
  };
}
