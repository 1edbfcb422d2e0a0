import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const PATIENCE_MS = 30_000;

/** A client's connections: they are kept alive, and none is used for two servers. */
export function newAgent(): Agent {
  return new Agent({ keepAlive: true });
}

/**
 * Posts to a server as the tag does. Rejects when the connection breaks before the whole answer was
 * there.
 */
export function post(url: string, body: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/events`, {
      method: "POST",
      agent,
      headers: { "content-type": "text/plain;charset=UTF-8", "content-length": Buffer.byteLength(body) },
    });
    sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
    sent.once("error", reject);
    sent.once("response", (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }), reject);
    });
    sent.end(body);
  });
}
