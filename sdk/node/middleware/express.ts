import type { IncomingMessage, ServerResponse } from "node:http";
import type { Client } from "../client.ts";
import type { Groups } from "../groups.ts";
import { inlineInto, isPage } from "./inline.ts";
import { type IncomingRequest, identify, type MiddlewareOptions } from "./visitor-of.ts";

/** A request of Node's, with what the middleware puts there. */
export interface NodeRequest extends IncomingMessage {
  fairsplit?: Groups;
  /** Express keeps the whole address there, below a router too. */
  originalUrl?: string;
}

type NodeResponse = ServerResponse & { send?: (body: unknown) => unknown };

/**
 * Express middleware: the groups are `request.fairsplit`, and pages that are sent by
 * `response.send` or `response.render` have them inlined. What is written in other ways needs
 * `inlineElement(groups)`.
 *
 * @example app.use(expressGroups(client))
 */
export function expressGroups(client: Client, options?: MiddlewareOptions) {
  return (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void => {
    groupsOf(client, request, response, options).then((groups) => {
      request.fairsplit = groups;
      const { send } = response;
      if (send) {
        response.send = function sendInlined(this: unknown, body: unknown) {
          const type = String(response.getHeader("content-type") ?? "text/html");
          const isInlined = typeof body === "string" && isPage(type);
          if (isInlined && !response.hasHeader("cache-control")) {
            response.setHeader("cache-control", "private, no-store");
          }
          return send.call(this, isInlined ? inlineInto(body, groups) : body);
        };
      }
      next();
    }, next);
  };
}

/**
 * The groups of a request of Node's, with the cookie set: for Next's pages (`getServerSideProps`)
 * and plain `http` servers.
 */
export async function groupsOf(
  client: Client,
  request: NodeRequest,
  response: ServerResponse,
  options?: MiddlewareOptions,
): Promise<Groups> {
  const { visitor, setCookie } = identify(incoming(request), options);
  if (setCookie !== null) response.appendHeader("set-cookie", setCookie);
  return client.groups(visitor);
}

function incoming(request: NodeRequest): IncomingRequest {
  const isSecure = (request.socket as { encrypted?: boolean } | undefined)?.encrypted === true;
  return {
    // Its host means nothing here.
    url: new URL(request.originalUrl ?? request.url ?? "/", isSecure ? "https://localhost" : "http://localhost"),
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
  };
}
