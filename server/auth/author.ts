import type { Context } from "hono";
import type { Env } from "../http/http.ts";
import type { Author } from "../registry/registry.ts";

/** Who makes the change that a request asks for; behind the admin's guard. */
export function authorOf(c: Context<Env>): Author {
  return { by: c.get("actor"), now: new Date().toISOString() };
}
