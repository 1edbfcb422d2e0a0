import type { MiddlewareHandler } from "hono";
import { type Env, problem } from "./http.ts";
import type { Registry } from "./registry/registry.ts";

/** What stays below /experiments while the global switch is off: where it is switched on again, and who switched it off. */
const STAYS = ["/experiments/settings", "/experiments/history"];

/** While the global switch is off there are no experiments, for admins neither. */
export function onlyWhileOn({ settings }: Registry): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (settings().enabled || STAYS.includes(c.req.path)) return next();
    const detail = "the global switch is off; it is in the settings, /experiments/settings and /api/admin/settings";
    c.res = problem(404, "Not Found", detail);
  };
}
