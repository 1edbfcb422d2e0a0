import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { checkHead, tooLong } from "./body.ts";
import { nodeHeaders } from "./http.ts";
import { MAX_BODY_BYTES, type Recorder } from "./record.ts";

/**
 * Answers `POST /events` as the route does, without the objects of Hono's that a request and its answer go through: that
 * is half of what a small request costs. Everything else goes on to `next`.
 */
export function fastLane(record: Recorder, next: RequestListener, onError: (error: Error) => void): RequestListener {
  return (incoming, outgoing) => {
    if (incoming.method !== "POST" || !isEvents(incoming.url ?? "")) return next(incoming, outgoing);
    const post = {
      header: nodeHeaders(incoming),
      address: incoming.socket.remoteAddress ?? "",
      read: () => readBody(incoming),
    };
    record(post).then(
      ({ status, headers, body }) => outgoing.writeHead(status, headers).end(body),
      (error) => fail(error, outgoing, onError),
    );
  };
}

function isEvents(url: string): boolean {
  return url === "/events" || url.startsWith("/events?");
}

/** The client went away before its body was there: nobody waits for an answer. */
class Gone extends Error {}

function fail(error: Error, outgoing: ServerResponse, onError: (error: Error) => void): void {
  if (error instanceof Gone) return void outgoing.destroy();
  onError(error);
  if (!outgoing.headersSent) outgoing.writeHead(500).end();
}

/** The text of a body. A longer one is refused while it is counted. Rejects with BodyRefused, or Gone. */
function readBody(incoming: IncomingMessage): Promise<string> {
  checkHead(nodeHeaders(incoming), MAX_BODY_BYTES);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) reject(tooLong(MAX_BODY_BYTES));
      else chunks.push(chunk);
    });
    incoming.on("end", () => {
      const [first = Buffer.alloc(0)] = chunks;
      resolve((chunks.length === 1 ? first : Buffer.concat(chunks)).toString("utf8"));
    });
    incoming.on("error", () => reject(new Gone()));
    // An error takes longer to make than all the rest of this, and this is called after every request.
    incoming.on("close", () => incoming.complete || reject(new Gone()));
  });
}
