import type { IncomingMessage } from "node:http";
import { Hono } from "hono";
import { checkHead, readBody, tooLong } from "../http/body.ts";
import { Gone, type Lane } from "../http/fast-lane.ts";
import { type Env, nodeHeaders, preflight, respond } from "../http/http.ts";
import { type PlainRequest, plainNodeRequest, plainRequest } from "../http/plain-request.ts";
import { readParameter } from "../http/visitor.ts";
import { MAX_BODY_BYTES, type Post, type Recorder } from "./record.ts";

/** The tag uses the second, which is on no blocker's list. */
export const EVENTS_PATHS = ["/events", "/notes"];

/** `POST /events`. A listening server answers it in the fast lane instead. */
export function recordRoutes(record: Recorder) {
  return new Hono<Env>()
    .on("POST", EVENTS_PATHS, async (c) =>
      respond(await record(postOf(plainRequest(c), () => readBody(c, MAX_BODY_BYTES)))),
    )
    .on("OPTIONS", EVENTS_PATHS, preflight);
}

export function eventsLane(record: Recorder): Lane {
  return {
    method: "POST",
    paths: EVENTS_PATHS,
    answer: (incoming) => record(postOf(plainNodeRequest(incoming), () => readNodeBody(incoming))),
  };
}

function postOf({ url, header, address }: PlainRequest, read: Post["read"]): Post {
  return { header, address, sent: readParameter(url, "sent"), authorization: header("authorization"), read };
}

/**
 * Text of a body. A longer one is rejected while it is counted. Rejects with BodyRejected, or Gone.
 */
function readNodeBody(incoming: IncomingMessage): Promise<string> {
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
