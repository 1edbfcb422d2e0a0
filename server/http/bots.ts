import type { Context } from "hono";
import { isCrawler } from "../../core/crawler.ts";
import { BoundedMap } from "../memory/bounded-map.ts";
import { type Env, type HeaderOf, headersOf } from "./http.ts";

/**
 * A few browsers send most of the traffic, and matching all bots costs more than the rest of a hot
 * route.
 */
const MAX_REMEMBERED = 1000;
const remembered = new BoundedMap<string, boolean>(MAX_REMEMBERED);

/**
 * Whether a request comes from no visitor: a crawler, by its user agent, or a browser prefetching a
 * visit that may never come. A signed simulator run is not a bot; callers check that first.
 */
export function isFromBot(c: Context<Env>): boolean {
  return isBot(headersOf(c));
}

/** The same for a request's headers. */
export function isBot(header: HeaderOf): boolean {
  const purpose = header("sec-purpose") ?? header("purpose") ?? header("x-moz");
  if (purpose !== undefined && /\b(prefetch|prerender|preview)\b/i.test(purpose)) return true;
  const agent = header("user-agent") ?? "";
  let known = remembered.get(agent);
  if (known === undefined) {
    known = isCrawler(agent);
    remembered.set(agent, known);
  }
  return known;
}
