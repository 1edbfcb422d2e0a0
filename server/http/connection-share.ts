import type { Socket } from "node:net";
import { networkOf } from "./client-address.ts";
import { isAnswered } from "./node-connection.ts";

/** Connections of an address that are looked at for an idle one (arbitrary). */
const MAX_LOOKED_AT = 32;

/**
 * A limit of open connections that takes from those that have most: when it is reached, a new
 * connection costs the address with the most its oldest idle one, or is closed itself when its own
 * address has as many. Each address so has an equal share, and more while others need less. An IPv6
 * address counts by its /64.
 *
 * @param most open connections; 0 for any number
 * @returns to be called with each new connection
 */
export function connectionShare(most: number): (socket: Socket) => void {
  /** Open connections of each address, oldest first. */
  const byAddress = new Map<string, Set<Socket>>();
  let open = 0;

  function remove(address: string, socket: Socket): void {
    const own = byAddress.get(address);
    if (!own?.delete(socket)) return;
    open -= 1;
    if (own.size === 0) byAddress.delete(address);
  }

  /** The address that has the most. */
  function largest(): [address: string, sockets: ReadonlySet<Socket>] {
    let found: [string, ReadonlySet<Socket>] = ["", new Set()];
    for (const entry of byAddress) if (entry[1].size > found[1].size) found = entry;
    return found;
  }

  return (socket) => {
    if (most === 0) return;
    const address = networkOf(socket.remoteAddress ?? "");
    if (open >= most) {
      const [richest, sockets] = largest();
      // To close one of an address that has one more would only swap the two.
      if (sockets.size <= (byAddress.get(address)?.size ?? 0) + 1) {
        socket.destroy();
        return;
      }
      const closed = idleOf(sockets);
      remove(richest, closed);
      closed.destroy();
    }
    const own = byAddress.get(address);
    if (own) own.add(socket);
    else byAddress.set(address, new Set([socket]));
    open += 1;
    socket.once("close", () => remove(address, socket));
  };
}

/** The oldest idle connection of the first ones, or else the oldest. */
function idleOf(sockets: ReadonlySet<Socket>): Socket {
  let oldest: Socket | undefined;
  let left = MAX_LOOKED_AT;
  for (const socket of sockets) {
    if (isAnswered(socket)) return socket;
    oldest ??= socket;
    left -= 1;
    if (left === 0) break;
  }
  return oldest as Socket;
}
