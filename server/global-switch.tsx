import type { MiddlewareHandler } from "hono";
import { wantsPage } from "./auth/refuse.tsx";
import { type Env, problem } from "./http.ts";
import { SwitchedOffPage } from "./pages/switched-off.tsx";
import type { Registry } from "./registry/registry.ts";

/** What stays below /experiments while the global switch is off: where it is switched on again, and who switched it off. */
const STAYS = ["/experiments/settings", "/experiments/history"];

/** While the global switch is off there are no experiments, for admins neither. */
export function onlyWhileOn({ registry, isDemo }: { registry: Registry; isDemo: boolean }): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (registry.settings().enabled || STAYS.includes(c.req.path)) return next();
    const detail = "the global switch is off; it is in the settings, /experiments/settings and /api/admin/settings";
    c.res = wantsPage(c)
      ? await c.html(<SwitchedOffPage isDemo={isDemo} csrf={c.get("csrf")} />, 404)
      : problem(404, "Not Found", detail);
  };
}
