import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import {
  type Server as Acceptor,
  type AddressInfo,
  connect,
  createServer as createAcceptor,
  type Socket,
} from "node:net";

interface Tcp {
  readonly host: string;
  readonly port: number;
}

/** Where to listen: a TCP address, or the path of a Unix socket. */
export type Endpoint = Tcp | { readonly socket: string };

/** The address is taken, or may not be used. */
export class CannotListen extends Error {}

export interface Listening {
  readonly server: Server;
  /** TCP port; 0 for a Unix socket. */
  readonly port: number;
  /** Takes no more connections; calls back when all are over. */
  readonly close: (closed: () => void) => void;
}

/** Ports tried after a taken one; arbitrary. */
const MAX_MOVES = 100;
/**
 * Connections waiting to be accepted. Node's default of 511 overflows when a busy turn of the event
 * loop takes 50 ms; a client then waits for its retransmission.
 */
const BACKLOG = 4096;
/**
 * Listening sockets of a port. Each accepts one new connection in a turn of the event loop, so that
 * new visitors would queue behind many others that come at once.
 */
const ACCEPTORS = 8;

/**
 * Listens on an endpoint.
 *
 * @param onMoved called with the next free port when the wanted one is taken; null makes that an
 * error
 * @throws CannotListen naming the endpoint and the reason
 */
export async function listen(
  listener: RequestListener,
  endpoint: Endpoint,
  onMoved: ((port: number) => void) | null,
): Promise<Listening> {
  if ("socket" in endpoint) return listening(await listenOnSocket(listener, endpoint.socket), []);
  const { host, port: wanted } = endpoint;
  for (let port = wanted; ; port += 1) {
    try {
      // The system never gives a port that is taken.
      if (port !== 0) await requireFree({ host, port });
      const server = await started(listener, { host, port, reusePort: true }).catch((error) => {
        if ((error as NodeJS.ErrnoException).code !== "ENOTSUP") throw error;
        return started(listener, { host, port });
      });
      if (port !== wanted) onMoved?.(port);
      return listening(server, await acceptorsFor(server, { host, port: portOf(server) }));
    } catch (error) {
      if (onMoved && isTaken(error) && port < Math.min(wanted + MAX_MOVES, 65_535)) continue;
      throw new CannotListen(`cannot listen on ${host}:${port}: ${(error as Error).message}`);
    }
  }
}

function listening(server: Server, acceptors: readonly Acceptor[]): Listening {
  const end = (each: Acceptor) => new Promise((resolve) => each.close(resolve));
  return {
    server,
    port: portOf(server),
    close: (closed) => void Promise.all([server, ...acceptors].map(end)).then(() => closed()),
  };
}

function portOf(server: Server): number {
  const address = server.address() as AddressInfo | string;
  return typeof address === "string" ? 0 : address.port;
}

/**
 * Rejects with EADDRINUSE if another process listens on a port: one that lets others listen as well
 * would share its visitors with us.
 */
async function requireFree(where: Tcp): Promise<void> {
  const probe = createAcceptor().listen(where);
  await once(probe, "listening");
  probe.close();
  await once(probe, "close");
}

/** More acceptors for a server's port, where Node (from 22.12 on) and the system allow it. */
async function acceptorsFor(server: Server, where: Tcp): Promise<Acceptor[]> {
  const acceptors: Acceptor[] = [];
  // As HTTP servers accept theirs.
  const options = { allowHalfOpen: true, noDelay: true };
  const forward = (socket: Socket) => server.emit("connection", socket);
  try {
    while (acceptors.length + 1 < ACCEPTORS) {
      const acceptor = createAcceptor(options, forward).listen({ ...where, reusePort: true, backlog: BACKLOG });
      await once(acceptor, "listening");
      acceptors.push(acceptor);
    }
  } catch {
    // One acceptor it is.
  }
  return acceptors;
}

async function listenOnSocket(listener: RequestListener, path: string): Promise<Server> {
  try {
    return await started(listener, { path }).catch(async (error) => {
      if (!isTaken(error) || (await isAnswered(path))) throw error;
      // Remove the socket of a killed server.
      rmSync(path);
      return started(listener, { path });
    });
  } catch (error) {
    throw new CannotListen(`cannot listen on unix:${path}: ${(error as Error).message}`);
  }
}

async function started(
  listener: RequestListener,
  where: { path: string } | (Tcp & { reusePort?: boolean }),
): Promise<Server> {
  // Node's own limits close slow headers after 88 s and slow bodies after 328 s.
  const limits = {
    headersTimeout: 8000,
    requestTimeout: 15_000,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 1000,
    // Health checks of load balancers send no Host.
    requireHostHeader: false,
  };
  const server = createServer(limits, listener).listen({ ...where, backlog: BACKLOG });
  await once(server, "listening");
  return server;
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EADDRINUSE";
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
