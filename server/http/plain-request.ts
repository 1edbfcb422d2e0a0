import type { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { ownAddress } from "./client-address.ts";
import { type Env, type HeaderOf, headersOf, nodeHeaders } from "./http.ts";

/** Parts of a request that the hot routes read, the same from Hono and from Node. */
export interface PlainRequest {
  /** Absolute URL; its origin is a placeholder when the request comes from Node. */
  readonly url: string;
  readonly header: HeaderOf;
  /** Address of the connection's other end. */
  readonly address: string;
}

export function plainRequest(c: Context<Env>): PlainRequest {
  return { url: c.req.url, header: headersOf(c), address: ownAddress(c) };
}

/** The same of a request whose target is a path. */
export function plainNodeRequest(incoming: IncomingMessage): PlainRequest {
  return {
    url: `http://localhost${incoming.url}`,
    header: nodeHeaders(incoming),
    address: incoming.socket.remoteAddress ?? "",
  };
}
