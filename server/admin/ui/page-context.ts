import { AsyncLocalStorage } from "node:async_hooks";
import type { Context, Next } from "hono";
import type { Env } from "../../http/http.ts";

export interface PageContext {
  readonly isDemo: boolean;
  /** Token for the field `csrf` of forms; null without a login. */
  readonly csrf: string | null;
  readonly alarms: readonly string[];
  /** Name of the caller, and role; null for a page without a login. */
  readonly who: { readonly name: string; readonly role: string } | null;
}

const requests = new AsyncLocalStorage<Context<Env>>();
/** Pages that are being rendered. */
let open = 0;

/** Renders a request's page, whose parts may ask for its state. */
export async function renderFor<Page>(c: Context<Env>, render: () => Page | Promise<Page>): Promise<Page> {
  open += 1;
  try {
    return await requests.run(c, render);
  } finally {
    open -= 1;
    // On Node 20 its hooks would slow every later promise of the process, those of visitors too.
    if (open === 0) requests.disable();
  }
}

/** Middleware for routes that answer pages. */
export const rendersPages = (c: Context<Env>, next: Next) => renderFor(c, next);

/** State of the current request, set by the guard; login pages have none. */
export function pageContext(): PageContext {
  const vars = requests.getStore()?.var;
  return {
    isDemo: vars?.isDemo ?? false,
    csrf: vars?.csrf ?? null,
    alarms: vars?.alarms ?? [],
    who: vars?.role === undefined ? null : { name: vars.actor, role: vars.role },
  };
}
