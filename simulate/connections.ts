import { Pool } from "undici";

const TIMEOUT_MS = 10_000;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Connections to one server that stay open. */
export interface Connections {
  /**
   * Sends a request, with a body as the tag does: text/plain.
   *
   * @throws Error in a sentence where no answer comes
   */
  send(method: "GET" | "POST", path: string, body?: string): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Opens connections to an origin.
 *
 * @param most number of connections at the same time
 * @param headers sent with each request
 */
export function openConnections(origin: string, most: number, headers: Readonly<Record<string, string>>): Connections {
  const pool = new Pool(origin, { connections: most, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  // A list is sent as it is, while an object is copied for each request.
  const given = Object.entries(headers).flat();
  const withBody = [...given, "content-type", "text/plain;charset=UTF-8"];
  return {
    send: (method, path, body) =>
      new Promise((resolve, reject) => {
        let status = 0;
        const chunks: Buffer[] = [];
        pool.dispatch(
          { method, path, headers: body === undefined ? given : withBody, body: body ?? null },
          {
            onRequestStart: () => undefined,
            onResponseStart(_controller, code) {
              status = code;
            },
            onResponseData(_controller, chunk) {
              chunks.push(chunk);
            },
            onResponseEnd: () => resolve({ status, text: textOf(chunks) }),
            onResponseError(_controller, error) {
              const name = path.split("?")[0];
              const isLate = /TIMEOUT/.test((error as NodeJS.ErrnoException).code ?? "");
              reject(isLate ? new Error(`${method} ${name} did not answer in time`) : error);
            },
          },
        );
      }),
    close: () => pool.destroy(),
  };
}

function textOf(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  return chunks.length === 1 && first ? first.toString("utf8") : Buffer.concat(chunks).toString("utf8");
}
