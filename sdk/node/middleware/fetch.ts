import type { Client } from "../client.ts";
import type { Groups } from "../groups.ts";
import { personalised } from "./inline.ts";
import { tagElement } from "./inline-tag.ts";
import { type IncomingRequest, identify, type MiddlewareOptions } from "./visitor-of.ts";

/**
 * Wraps a fetch-style handler, as of Deno, Bun, Cloudflare Workers or a Next route: it gets the
 * visitor's groups, and its pages have them inlined.
 */
export function withGroups<Rest extends unknown[]>(
  client: Client,
  handler: (request: Request, groups: Groups, ...rest: Rest) => Response | Promise<Response>,
  options?: MiddlewareOptions,
) {
  return async (request: Request, ...rest: Rest): Promise<Response> => {
    const { visitor, setCookie } = identify(requestOf(request), options);
    const [groups, tag] = await Promise.all([client.groups(visitor), tagElement(client, options)]);
    return personalised(await handler(request, groups, ...rest), groups, setCookie, tag);
  };
}

export function requestOf(request: Request): IncomingRequest {
  return { url: new URL(request.url), header: (name) => request.headers.get(name) ?? undefined };
}
