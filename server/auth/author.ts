import type { Context } from "hono";
import type { Env } from "../http/http.ts";
import type { Author } from "../registry/registry.ts";

/** Author of a request's change; requires the admin's guard. */
export function authorOf(c: Context<Env>): Author {
  return { by: c.get("actor"), now: new Date().toISOString() };
}
