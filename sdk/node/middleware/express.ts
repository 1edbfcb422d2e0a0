import type { Client } from "../client.ts";
import type { Groups } from "../groups.ts";
import { isShared, ownCaching } from "./caching.ts";
import { inlineInto, isPage, POLICY } from "./inline.ts";
import { tagElement } from "./inline-tag.ts";
import { type IncomingRequest, identify, type MiddlewareOptions } from "./visitor-of.ts";

/**
 * Parts of Node's `IncomingMessage` that the middleware uses, and what it puts there. Described
 * here, because declarations that import Node's types need them wherever they are used.
 */
export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket?: unknown;
  readonly url?: string | undefined;
  fairsplit?: Groups;
  /** Express keeps the whole address there, below a router too. */
  originalUrl?: string;
}

/** Parts of Node's `ServerResponse` that the middleware uses. */
export interface NodeResponse {
  appendHeader(name: string, value: string): unknown;
}

interface ExpressResponse extends NodeResponse {
  getHeader(name: string): unknown;
  setHeader(name: string, value: string): unknown;
  send?: (body: unknown) => unknown;
  writeHead: (...args: never[]) => unknown;
}

/**
 * Express middleware: the groups are `request.fairsplit`, and pages that are sent by
 * `response.send` or `response.render` have them inlined. What is written in other ways needs
 * `inlineElement(groups)`.
 *
 * @example app.use(expressGroups(client))
 */
export function expressGroups(client: Client, options?: MiddlewareOptions) {
  return (request: NodeRequest, response: ExpressResponse, next: (error?: unknown) => void): void => {
    const { visitor, setCookie } = identify(incoming(request), options);
    if (setCookie !== null) whenHeadIsWritten(response, () => appendCookie(response, setCookie));
    const found = Promise.all([client.groups(visitor), tagElement(client, options)]);
    found.then(([groups, tag]) => {
      request.fairsplit = groups;
      const { send } = response;
      if (send) {
        response.send = function sendInlined(this: unknown, body: unknown) {
          const header = (name: string) => headerOf(response, name);
          const type = header("content-type") ?? "text/html";
          if (typeof body !== "string" || !isPage(type, header("content-encoding"))) return send.call(this, body);
          response.setHeader("cache-control", ownCaching(header("cache-control")));
          return send.call(this, inlineInto(body, groups, tag(header(POLICY))));
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
  response: NodeResponse,
  options?: MiddlewareOptions,
): Promise<Groups> {
  const { visitor, setCookie } = identify(incoming(request), options);
  if (setCookie !== null) response.appendHeader("set-cookie", setCookie);
  return client.groups(visitor);
}

/** Sets the cookie, except in a response that visitors may share: each would be the same device. */
function appendCookie(response: Pick<ExpressResponse, "appendHeader" | "getHeader">, setCookie: string): void {
  if (!isShared(headerOf(response, "cache-control"))) response.appendHeader("set-cookie", setCookie);
}

/** A header of a response that is not sent yet; null if it is not set. */
export function headerOf(response: Pick<ExpressResponse, "getHeader">, name: string): string | null {
  const value = response.getHeader(name);
  return value === undefined ? null : String(value);
}

/** Calls back before a response's head is written, by whatever way the page is sent. */
function whenHeadIsWritten(response: ExpressResponse, write: () => void): void {
  const { writeHead } = response;
  response.writeHead = function writeHeadOnce(this: unknown, ...args: never[]) {
    response.writeHead = writeHead;
    write();
    return writeHead.apply(this, args);
  };
}

export function incoming(request: NodeRequest): IncomingRequest {
  const isSecure = (request.socket as { encrypted?: boolean } | undefined)?.encrypted === true;
  return {
    // Its host means nothing here.
    url: new URL(request.originalUrl ?? request.url ?? "/", isSecure ? "https://localhost" : "http://localhost"),
    header: (name) => {
      const value = request.headers[name];
      return typeof value === "object" ? value.join(", ") : value;
    },
  };
}
