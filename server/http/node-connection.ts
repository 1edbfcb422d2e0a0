import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Undocumented fields of Node's connections, each of which may be missing. */
export interface NodeConnection {
  /** The response that is written next, if one is. */
  readonly _httpMessage?: unknown;
  readonly parser?: Parser | null;
  readonly server?: Server;
}

/** A handle that can read into a given buffer, as `onread` of `net.connect` has it do. */
interface Handle {
  useUserBuffer?(buffer: Uint8Array): void;
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

/** The bytes of a read of any connection; Node reads no more at once. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);
const SHARED_FIELDS = ["kBuffer", "kBufferCb"] as const;

/**
 * Reads a connection into a buffer that all such connections share. A buffer of its own for each
 * read would take half of the time of a request that is turned away. Where Node has no way to do
 * that, the bytes still come as `data` events. A second call replaces the reader.
 *
 * @param read called with bytes that are valid until it returns; false stops reading
 */
export function readShared(socket: Socket, read: (bytes: Buffer) => unknown): void {
  const { _handle: handle } = socket as unknown as { readonly _handle?: Handle | null };
  const symbols = Object.getOwnPropertySymbols(socket);
  const [buffer, callback] = SHARED_FIELDS.map((name) => symbols.find(({ description }) => description === name));
  if (!buffer || !callback || typeof handle?.useUserBuffer !== "function") return;
  const fields = socket as unknown as Record<symbol, unknown>;
  fields[callback] = (length: number) => read(SHARED.subarray(0, length));
  if (fields[buffer] === SHARED) return;
  fields[buffer] = SHARED;
  handle.useUserBuffer(SHARED);
}
