import type { Client } from "../client.ts";
import type { Groups } from "../groups.ts";
import { isShared, ownCaching } from "./caching.ts";
import { headerOf, incoming, type NodeRequest } from "./express.ts";
import { inlineInto, isPage, POLICY } from "./inline.ts";
import { tagElement } from "./inline-tag.ts";
import { identify, type MiddlewareOptions } from "./visitor-of.ts";

interface FastifyRequest {
  readonly raw: NodeRequest;
  fairsplit?: Groups;
}

interface FastifyReply {
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
}

interface Fastify {
  addHook(name: "onRequest", hook: (request: FastifyRequest, reply: FastifyReply) => Promise<void>): unknown;
  addHook(
    name: "onSend",
    hook: (request: FastifyRequest, reply: FastifyReply, payload: unknown) => Promise<unknown>,
  ): unknown;
}

/**
 * Fastify hooks: the groups are `request.fairsplit`, and pages that are sent as text have them
 * inlined.
 *
 * @example fastifyGroups(app, client)
 */
export function fastifyGroups(app: Fastify, client: Client, options?: MiddlewareOptions): void {
  const cookies = new WeakMap<FastifyRequest, string>();
  app.addHook("onRequest", async (request) => {
    const { visitor, setCookie } = identify(incoming(request.raw), options);
    if (setCookie !== null) cookies.set(request, setCookie);
    request.fairsplit = await client.groups(visitor);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const header = (name: string) => headerOf(reply, name);
    const { fairsplit } = request;
    const isInlined =
      typeof payload === "string" && fairsplit && isPage(header("content-type"), header("content-encoding"));
    if (isInlined) reply.header("cache-control", ownCaching(header("cache-control")));
    const setCookie = cookies.get(request);
    // Fastify keeps the cookies of the application's own beside it.
    if (setCookie && !isShared(header("cache-control"))) reply.header("set-cookie", setCookie);
    if (!isInlined) return payload;
    const tag = await tagElement(client, options);
    const page = inlineInto(payload, fairsplit, tag(header(POLICY)));
    reply.header("content-length", String(Buffer.byteLength(page)));
    return page;
  });
}
