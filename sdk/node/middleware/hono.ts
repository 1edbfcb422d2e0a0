import type { Client } from "../client.ts";
import { requestOf } from "./fetch.ts";
import { personalised } from "./inline.ts";
import { tagElement } from "./inline-tag.ts";
import { identify, type MiddlewareOptions } from "./visitor-of.ts";

/** The used part of Hono's context. */
interface HonoContext {
  readonly req: { readonly raw: Request };
  res: Response;
  set(name: string, value: unknown): void;
}

/**
 * Hono middleware: the groups are `c.get("fairsplit")`.
 *
 * @example app.use(honoGroups(client))
 */
export function honoGroups(client: Client, options?: MiddlewareOptions) {
  return async (c: HonoContext, next: () => Promise<void>): Promise<void> => {
    const { visitor, setCookie } = identify(requestOf(c.req.raw), options);
    const [groups, tag] = await Promise.all([client.groups(visitor), tagElement(client, options)]);
    c.set("fairsplit", groups);
    await next();
    const response = personalised(c.res, groups, setCookie, tag);
    if (response === c.res) return;
    // First, because Hono merges the headers of the response that is there into the new one.
    c.res = undefined as unknown as Response;
    c.res = response;
  };
}
