import { tryGetContext } from "hono/context-storage";
import type { Env } from "../../http/http.ts";

export interface PageContext {
  readonly isDemo: boolean;
  /** Token for the field `csrf` of forms; null without a login. */
  readonly csrf: string | null;
  readonly alarms: readonly string[];
  /** Name of the caller, and role; null for a page without a login. */
  readonly who: { readonly name: string; readonly role: string } | null;
}

/** State of the current request, set by the guard; login pages have none. */
export function pageContext(): PageContext {
  const vars = tryGetContext<Env>()?.var;
  return {
    isDemo: vars?.isDemo ?? false,
    csrf: vars?.csrf ?? null,
    alarms: vars?.alarms ?? [],
    who: vars?.role === undefined ? null : { name: vars.actor, role: vars.role },
  };
}
