import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { acceptMore } from "./acceptors.ts";

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
interface Options {
  /**
   * Called with the next free port when the wanted one is taken; null makes that an error, which is
   * the default.
   */
  readonly onMoved?: ((port: number) => void) | null;
  /** Handles that accept connections; default 1. */
  readonly handles?: number;
}

/** Listens on an endpoint. Throws CannotListen naming the endpoint and the reason. */
export async function listen(
  listener: RequestListener,
  endpoint: Endpoint,
  { onMoved = null, handles = 1 }: Options = {},
): Promise<Listening> {
  if ("socket" in endpoint) return listening(await listenOnSocket(listener, endpoint.socket), handles);
  const { host, port: wanted } = endpoint;
  for (let port = wanted; ; port += 1) {
    try {
      const server = await started(listener, { host, port });
      if (port !== wanted) onMoved?.(port);
      return listening(server, handles);
    } catch (error) {
      if (onMoved && isTaken(error) && port < Math.min(wanted + MAX_MOVES, 65_535)) continue;
      throw new CannotListen(`cannot listen on ${host}:${port}: ${(error as Error).message}`);
    }
  }
}

function listening(server: Server, handles: number): Listening {
  const address = server.address() as AddressInfo | string;
  const closeOthers = acceptMore(server, { handles: handles - 1, backlog: BACKLOG });
  return {
    server,
    port: typeof address === "string" ? 0 : address.port,
    close: (closed) => {
      const own = new Promise((resolve) => server.close(resolve));
      void Promise.all([own, closeOthers()]).then(() => closed());
    },
  };
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

async function started(listener: RequestListener, where: { path: string } | Tcp): Promise<Server> {
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
