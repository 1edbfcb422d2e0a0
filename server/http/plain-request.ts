import type { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { ownAddress } from "./client-address.ts";
import { type Env, type HeaderOf, headersOf, nodeHeaders } from "./http.ts";

/** What the hot routes read of a request, from Hono or from Node. */
export interface PlainRequest {
  /** Absolute; a request that Node gives has an origin that means nothing. */
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
