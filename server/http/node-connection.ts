import type { Socket } from "node:net";

/** Undocumented fields of Node's connections, each of which may be missing. */
export interface NodeConnection {
  /** The response that is written next, if one is. */
  readonly _httpMessage?: unknown;
  /** Milliseconds since the current message began; 0 between messages. */
  readonly parser?: { duration?: () => number } | null;
}

/**
 * Whether Node has read all of a connection's last request, nothing of the next one, and answered.
 */
export function isBetweenMessages(socket: Socket): boolean {
  const { parser, _httpMessage } = socket as NodeConnection;
  return !socket.destroyed && !socket.writableEnded && !_httpMessage && parser?.duration?.() === 0;
}
