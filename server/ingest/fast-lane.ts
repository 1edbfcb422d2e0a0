import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { checkHead, tooLong } from "../http/body.ts";
import { type Answer, nodeHeaders } from "../http/http.ts";
import { EVENTS_PATHS } from "./events.ts";
import { MAX_BODY_BYTES, type Recorder } from "./record.ts";

interface FastLane {
  readonly record: Recorder;
  /** Called with server errors. */
  readonly onError: (error: Error) => void;
}

/**
 * Answers `POST /events` like the route, without Hono's request and response objects: these are
 * half of the cost of a small request. Other requests go to `next`.
 */
export function fastLane({ record, onError }: FastLane, next: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    if (incoming.method !== "POST" || !isEvents(incoming.url ?? "")) return next(incoming, outgoing);
    const post = {
      header: nodeHeaders(incoming),
      address: incoming.socket.remoteAddress ?? "",
      sent: SENT.exec(incoming.url ?? "")?.[1],
      authorization: incoming.headers.authorization,
      read: () => readBody(incoming),
    };
    record(post).then(
      (answer) => send(outgoing, answer),
      (error) => fail(error, outgoing, onError),
    );
  };
}

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  // Without a length the answer would be chunked, in three writes.
  outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}

const SENT = /[?&]sent=(\d+)(?:&|$)/;

/** Whether a post to this URL is one of events. */
export function isEvents(url: string): boolean {
  const query = url.indexOf("?");
  return EVENTS_PATHS.includes(query < 0 ? url : url.slice(0, query));
}

/** The client disconnected before its body was complete: send no answer. */
class Gone extends Error {}

function fail(error: Error, outgoing: ServerResponse, onError: (error: Error) => void): void {
  if (error instanceof Gone) return void outgoing.destroy();
  onError(error);
  if (!outgoing.headersSent) outgoing.writeHead(500).end();
}

/**
 * Text of a body. A longer one is rejected while it is counted. Rejects with BodyRejected, or Gone.
 */
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
    // Called after every request, so create the error only when needed: it costs more than the
    // rest.
    incoming.on("close", () => incoming.complete || reject(new Gone()));
  });
}
