import { Pool } from "undici";
import { PlainSockets } from "./plain-sockets.ts";

/** A machine busy with others keeps client and server waiting for more than 10 s. */
const TIMEOUT_MS = 60_000;
/** As the tag: events are sent again, later each time, while the server has no room for them. */
const FIRST_RETRY_MS = 400;
const MAX_ATTEMPTS = 6;
const MUST_RETRY = /^5|408|42[59]/;
/** Questions too, which the server turned away before it looked at them. */
const IS_TURNED_AWAY = /429|503/;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Connections to one server that stay open. */
export interface Connections {
  /**
   * Sends a request, with a body as the tag does: text/plain. It is repeated while the server says
   * that it is busy.
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
 * @param firstRetryMs wait before a post is repeated; doubled each time
 */
export function openConnections(
  origin: string,
  most: number,
  headers: Readonly<Record<string, string>>,
  firstRetryMs: number = FIRST_RETRY_MS,
): Connections {
  const { exchange, close } = origin.startsWith("http:")
    ? bySockets(origin, most, headers)
    : byClient(origin, most, headers);
  return {
    async send(method, path, body) {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await exchange(method, path, body);
        const isBusy = (method === "POST" ? MUST_RETRY : IS_TURNED_AWAY).test(`${answer.status}`);
        if (!isBusy || attempt === MAX_ATTEMPTS) return answer;
        await new Promise((resolve) => setTimeout(resolve, firstRetryMs * 2 ** (attempt - 1)));
      }
    },
    close,
  };
}

interface Exchange {
  readonly exchange: Connections["send"];
  close(): Promise<void>;
}

function bySockets(origin: string, most: number, headers: Readonly<Record<string, string>>): Exchange {
  const sockets = new PlainSockets(origin, most, TIMEOUT_MS);
  const given = { host: new URL(origin).host, ...headers };
  const head = Object.entries(given)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  const headWithBody = `${head}content-type: text/plain;charset=UTF-8\r\ncontent-length: `;
  return {
    async exchange(method, path, body) {
      const begin = `${method} ${path} HTTP/1.1\r\n`;
      const request =
        body === undefined ? `${begin}${head}\r\n` : `${begin}${headWithBody}${Buffer.byteLength(body)}\r\n\r\n${body}`;
      try {
        return await sockets.send(request);
      } catch (error) {
        throw explained(error as NodeJS.ErrnoException, method, path);
      }
    },
    close: async () => sockets.close(),
  };
}

function explained(error: NodeJS.ErrnoException, method: string, path: string): Error {
  const isLate = /TIMEOUT/.test(error.code ?? "");
  return isLate ? new Error(`${method} ${path.split("?")[0]} did not answer in time`) : error;
}

function byClient(origin: string, most: number, headers: Readonly<Record<string, string>>): Exchange {
  const pool = new Pool(origin, { connections: most, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  // A list is sent as it is, while an object is copied for each request.
  const given = Object.entries(headers).flat();
  const withBody = [...given, "content-type", "text/plain;charset=UTF-8"];
  const exchange: Exchange["exchange"] = (method, path, body) =>
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
          onResponseError: (_controller, error) => reject(explained(error, method, path)),
        },
      );
    });
  return { exchange, close: () => pool.destroy() };
}

function textOf(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  return chunks.length === 1 && first ? first.toString("utf8") : Buffer.concat(chunks).toString("utf8");
}
