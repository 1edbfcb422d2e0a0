import type { Client } from "../client.ts";
import type { Groups } from "../groups.ts";
import { groupsOf, type NodeRequest, type NodeResponse } from "./express.ts";
import { inlineInto, isPage, POLICY } from "./inline.ts";
import { tagElement } from "./inline-tag.ts";
import type { MiddlewareOptions } from "./visitor-of.ts";

interface FastifyRequest {
  readonly raw: NodeRequest;
  fairsplit?: Groups;
}

interface FastifyReply {
  readonly raw: NodeResponse;
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
  app.addHook("onRequest", async (request, reply) => {
    request.fairsplit = await groupsOf(client, request.raw, reply.raw, options);
  });
  app.addHook("onSend", async ({ fairsplit }, reply, payload) => {
    if (typeof payload !== "string" || !fairsplit || !isPage(String(reply.getHeader("content-type") ?? ""))) {
      return payload;
    }
    if (!reply.getHeader("cache-control")) reply.header("cache-control", "private, no-store");
    const tag = await tagElement(client, options);
    const page = inlineInto(payload, fairsplit, tag(String(reply.getHeader(POLICY) ?? "")));
    reply.header("content-length", String(Buffer.byteLength(page)));
    return page;
  });
}
