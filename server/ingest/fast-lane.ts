import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { checkHead, tooLong } from "../http/body.ts";
import { type Answer, nodeHeaders, problemAnswer } from "../http/http.ts";
import { EVENTS_PATHS } from "./events.ts";
import type { LoadShedder } from "./load-shedder.ts";
import { MAX_BODY_BYTES, type Recorder } from "./record.ts";

interface FastLane {
  readonly record: Recorder;
  readonly shedder: LoadShedder;
  /** Told of each post that was turned away. */
  readonly onTurnedAway: () => void;
  /** Told of errors that are ours. */
  readonly onError: (error: Error) => void;
}

/**
 * Answers `POST /events` as the route does, without the objects of Hono's that a request and its answer go through: that
 * is half of what a small request costs, and nearly all of what it costs to turn one away. Everything else goes on to `next`.
 */
export function fastLane({ record, shedder, onTurnedAway, onError }: FastLane, next: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    if (incoming.method !== "POST" || !isEvents(incoming.url ?? "")) return next(incoming, outgoing);
    if (!shedder.admits()) {
      onTurnedAway();
      send(outgoing, TURNED_AWAY);
      return;
    }
    const post = {
      header: nodeHeaders(incoming),
      address: incoming.socket.remoteAddress ?? "",
      sent: SENT.exec(incoming.url ?? "")?.[1],
      read: () => readBody(incoming),
    };
    record(post).then(
      (answer) => send(outgoing, answer),
      (error) => fail(error, outgoing, onError),
    );
  };
}

const TURNED_AWAY = problemAnswer(503, "Overloaded", "more events come than can be stored; send them again in 1 s", {
  headers: { "retry-after": "1" },
});

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  // Without its length an answer goes in chunks, in three writes.
  outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}

const SENT = /[?&]sent=(\d+)(?:&|$)/;

function isEvents(url: string): boolean {
  const path = url.split("?", 1)[0] as string;
  return EVENTS_PATHS.includes(path);
}

/** The client went away before its body was there: nobody waits for an answer. */
class Gone extends Error {}

function fail(error: Error, outgoing: ServerResponse, onError: (error: Error) => void): void {
  if (error instanceof Gone) return void outgoing.destroy();
  onError(error);
  if (!outgoing.headersSent) outgoing.writeHead(500).end();
}

/** The text of a body. A longer one is rejected while it is counted. Rejects with BodyRejected, or Gone. */
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
