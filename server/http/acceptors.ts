import { type ChildProcess, spawn } from "node:child_process";
import type { Server as HttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";

/** Time to copy handles; it takes some 40 ms. */
const MAX_COPY_MS = 5000;
/** Sends a handle back so many times; each that arrives is another one of the same socket. */
const COPIER = `
  process.on("message", (copies, handle) => {
    for (let copy = 0; copy < copies; copy += 1) process.send(copy, handle);
  });
  process.on("disconnect", () => process.exit());`;

interface More {
  /** Handles besides the server's own. */
  readonly handles: number;
  /** Connections that may wait; the system is told anew with each handle. */
  readonly backlog: number;
}

/**
 * Accepts a server's connections by more handles on its listening socket. libuv accepts one
 * connection of each handle in a turn of the event loop, so that new visitors would queue behind
 * many others that come at once. Node copies a handle only when it is sent to another process, so a
 * short-lived one sends it back. Where that fails the server accepts by itself; on Windows libuv
 * accepts several anyway.
 *
 * @returns closes the handles
 */
export function acceptMore(server: HttpServer, { handles, backlog }: More): () => Promise<void> {
  const acceptors: Server[] = [];
  // Undocumented, and the only form of a handle that does not listen with Node's own backlog.
  const { _handle: handle } = server as unknown as { readonly _handle?: Parameters<ChildProcess["send"]>[1] };
  if (handles === 0 || !handle || process.platform === "win32") return async () => undefined;
  const copier = startCopier();
  if (!copier) return async () => undefined;
  const patience = setTimeout(() => copier.kill(), MAX_COPY_MS).unref();
  // The socket is closed, and its port free, once the other process has let go of it.
  const copied = new Promise<void>((resolve) => copier.once("exit", () => resolve()).once("error", () => resolve()));
  void copied.then(() => clearTimeout(patience));
  copier.on("message", (_, copy) => {
    // As HTTP servers accept theirs.
    const options = { allowHalfOpen: true, noDelay: true };
    const acceptor = createServer(options, (socket: Socket) => server.emit("connection", socket));
    acceptor.on("error", () => acceptor.close());
    acceptors.push(acceptor.listen(copy, backlog));
    if (acceptors.length === handles) copier.disconnect();
  });
  copier.send(handles, handle, { keepOpen: true }, (error) => error && copier.kill());
  return async () => {
    await copied;
    await Promise.all(acceptors.map((acceptor) => new Promise((resolve) => acceptor.close(resolve))));
  };
}

/** The other process; null where none can be started. */
function startCopier(): ChildProcess | null {
  try {
    const copier = spawn(process.execPath, ["-e", COPIER], { stdio: ["ignore", "ignore", "ignore", "ipc"], env: {} });
    copier.on("error", () => undefined);
    return copier.channel ? copier : null;
  } catch {
    return null;
  }
}
