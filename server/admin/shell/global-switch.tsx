import type { MiddlewareHandler } from "hono";
import { type Env, problem } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import { wantsPage } from "../ui/error-response.tsx";
import { SwitchedOffPage } from "./switched-off.tsx";

/** Pages available while the global switch is off: the settings and their history. */
const STAYS =
  /^\/experiments\/(?:settings(?:\/confirm|\/log-out|\/access(?:\/revoke)?|\/data(?:\/forget|\/archive)?)?|history)$/;

/**
 * While the global switch is off, people can read the pages, with a banner; writes and programs get
 * a 404, like visitors.
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
