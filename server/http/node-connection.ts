import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Undocumented fields of Node's connections, each of which may be missing. */
export interface NodeConnection {
  /** The response that is written next, if one is. */
  readonly _httpMessage?: unknown;
  /** `incoming` is the request that is being read or answered, once its head was read. */
  readonly parser?: { readonly incoming?: unknown } | null;
  readonly server?: Server;
}

/** Node's own list of a server's parsers, by which it closes idle connections. */
interface Parsers {
  /** Parsers that have read nothing of a next message. */
  readonly idle?: () => readonly object[];
}

/** Whether Node has read the last request of a connection as a whole, and answered it. */
export function isAnswered(socket: Socket): boolean {
  const { parser, _httpMessage } = socket as NodeConnection;
  if (socket.destroyed || socket.writableEnded || _httpMessage) return false;
  return parser?.incoming === null && socket.bytesWritten > 0;
}

/**
 * Connections whose last request is answered, and of which Node has read nothing of the next one:
 * those that are left of the given ones. It goes through all connections of their server.
 */
export function betweenMessages(sockets: readonly Socket[]): Socket[] {
  const idle = new Set(servers(sockets).flatMap((server) => parsersOf(server)?.idle?.() ?? []));
  return sockets.filter((socket) => isAnswered(socket) && idle.has((socket as NodeConnection).parser as object));
}

function servers(sockets: readonly Socket[]): readonly Server[] {
  return [...new Set(sockets.flatMap((socket) => (socket as NodeConnection).server ?? []))];
}

function parsersOf(server: Server): Parsers | undefined {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === "http.server.connections",
  );
  return symbol && (server as unknown as Record<symbol, Parsers>)[symbol];
}
