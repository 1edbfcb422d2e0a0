import type { MiddlewareHandler } from "hono";
import { type Env, problem } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import { wantsPage } from "../ui/error-response.tsx";
import { SwitchedOffPage } from "./switched-off.tsx";

/**
 * Pages that stay while the global switch is off: where it is switched on again, and its history.
 */
const STAYS = /^\/experiments\/(?:settings(?:\/confirm|\/log-out)?|history)$/;

/**
 * While the global switch is off, people read the pages as ever, with a banner that says it; writes
 * and programs get a 404, as visitors do.
 */
export function onlyWhileOn({ registry }: { registry: Registry }): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (registry.settings().enabled || STAYS.test(c.req.path)) return next();
    if (wantsPage(c) && (c.req.method === "GET" || c.req.method === "HEAD")) return next();
    if (wantsPage(c)) {
      const since = await registry.history.get(registry.settingsVersion());
      c.res = await c.html(<SwitchedOffPage since={since} />, 404);
      return;
    }
    const detail = "the global switch is off; it is in the settings, /experiments/settings and /api/admin/settings";
    c.res = problem(404, "Not Found", detail);
  };
}
