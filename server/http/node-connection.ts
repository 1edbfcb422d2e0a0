import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Undocumented fields of Node's connections, each of which may be missing. */
export interface NodeConnection {
  /** The response that is written next, if one is. */
  readonly _httpMessage?: unknown;
  readonly parser?: Parser | null;
  readonly server?: Server;
}

interface Parser {
  /** The request that is being read or answered, once its head was read. */
  readonly incoming?: unknown;
  readonly socket?: Socket | null;
}

/** Node's own list of a server's parsers, by which it closes idle connections. */
interface Parsers {
  /** Parsers that have read nothing of a next message. */
  readonly idle?: () => readonly Parser[];
}

/** Whether Node has read the last request of a connection as a whole, and answered it. */
export function isAnswered(socket: Socket): boolean {
  const { parser, _httpMessage } = socket as NodeConnection;
  if (socket.destroyed || socket.writableEnded || _httpMessage) return false;
  return parser?.incoming === null && socket.bytesWritten > 0;
}

/**
 * A server's connections whose last request is answered, and of which Node has read nothing of the
 * next one. Empty when Node does not say. It goes through all connections.
 */
export function betweenMessages(server: Server): Socket[] {
  const parsers = parsersOf(server)?.idle?.() ?? [];
  return parsers.flatMap(({ socket }) => (socket && isAnswered(socket) ? socket : []));
}

function parsersOf(server: Server): Parsers | undefined {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === "http.server.connections",
  );
  return symbol && (server as unknown as Record<symbol, Parsers>)[symbol];
}
