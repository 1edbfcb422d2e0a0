import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How the proxy treats the requests of the tag. */
export type ProxyMode = "pass" | "slow" | "errors" | "block" | "cut";

/** Longer than the tag waits. */
const SLOW_MS = 1800;
/** Requests of the tag: for groups, and with events. */
const OF_TAG = /^\/(?:groups|api\/expgroups|events|notes)(?:\?|$)/;

/**
 * A proxy before the server, whose address stays the same when the server's does not. It serves
 * pages and scripts from memory, as a site's own server and the browser's cache do while the server
 * is down.
 */
export interface FlakyProxy {
  readonly url: string;
  set(mode: ProxyMode): void;
  /** Requests of the tag that were not answered as they should be. */
  disturbed(): number;
  close(): void;
}

interface Kept {
  readonly type: string;
  readonly body: Buffer;
}

/** @param target base URL of the server, asked for each request */
export async function startFlakyProxy(target: () => string): Promise<FlakyProxy> {
  let mode: ProxyMode = "pass";
  let disturbed = 0;
  const kept = new Map<string, Kept>();

  const answerTag = (request: IncomingMessage, response: ServerResponse) => {
    const treatment = mode;
    if (treatment !== "pass") disturbed += 1;
    if (treatment === "block") return void request.socket.destroy();
    if (treatment === "errors") {
      request.resume();
      return void response.writeHead(500, { "access-control-allow-origin": "*" }).end("broken on purpose");
    }
    const upstream = forward(
      new URL(request.url ?? "/", target()),
      { method: request.method ?? "GET", headers: { ...request.headers, connection: "close" } },
      (incoming) => {
        const { connection: _connection, "keep-alive": _alive, ...headers } = incoming.headers;
        const { statusCode = 502 } = incoming;
        if (statusCode >= 500) disturbed += 1;
        if (treatment === "cut" && request.method === "POST") {
          // The server has answered, so the events are stored.
          incoming.resume().once("end", () => request.socket.destroy());
          return;
        }
        const pass = () => incoming.pipe(response.writeHead(statusCode, headers));
        if (treatment === "slow") setTimeout(pass, SLOW_MS);
        else pass();
      },
    );
    upstream.on("error", () => {
      if (treatment === "pass") disturbed += 1;
      request.socket.destroy();
    });
    response.on("close", () => upstream.destroy());
    request.pipe(upstream);
  };

  const answerPage = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "/";
    let page = kept.get(path);
    if (!page) {
      const upstream = await fetch(new URL(path, target()), { headers: { "accept-encoding": "identity" } });
      const type = upstream.headers.get("content-type") ?? "text/plain";
      page = { type, body: Buffer.from(await upstream.arrayBuffer()) };
      if (upstream.ok) kept.set(path, page);
      else response.statusCode = upstream.status;
    }
    response.setHeader("content-type", page.type).end(page.body);
  };

  const server = createServer((request, response) => {
    if (OF_TAG.test(request.url ?? "")) answerTag(request, response);
    else answerPage(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (next) => {
      mode = next;
    },
    disturbed: () => disturbed,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
