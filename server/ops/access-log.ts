import { closeSync, openSync, writeSync } from "node:fs";
import type { RequestListener } from "node:http";
import type { LogFormat } from "./logger.ts";

export interface AccessLog {
  /** Wraps a listener so that each request becomes a line when its answer is sent. */
  wrap(listener: RequestListener): RequestListener;
  /** Writes the line of a request that was answered at once, without Node's objects. */
  turnedAway(method: string, url: string, status: number): void;
  /** Opens the file again, after a log rotation has renamed it. */
  reopen(): void;
}

/**
 * One line per request, without a query, an address or an id of a person: time, method, path,
 * status, milliseconds.
 *
 * @param path file to append to, or "-" for stderr
 * @throws the file system's error when the file cannot be opened
 */
export function openAccessLog(path: string, format: LogFormat): AccessLog {
  const open = () => (path === "-" ? 2 : openSync(path, "a", 0o640));
  let descriptor = open();
  // Write synchronously: for 100 bytes that is faster than handing them to another thread.
  const write = (method: string, url: string, status: number, ms: number) =>
    void writeSync(descriptor, describe(method, url, status, ms, format));
  return {
    wrap: (listener) => (request, response) => {
      const start = performance.now();
      response.once("close", () => {
        const ms = Math.round((performance.now() - start) * 10) / 10;
        write(request.method ?? "", request.url ?? "", response.statusCode, ms);
      });
      return listener(request, response);
    },
    turnedAway: (method, url, status) => write(method, url, status, 0),
    reopen() {
      const before = descriptor;
      descriptor = open();
      if (before !== 2) closeSync(before);
    },
  };
}

function describe(method: string, url: string, status: number, ms: number, format: LogFormat): string {
  const time = new Date().toISOString();
  const path = loggedPath(url);
  if (format === "json") return `${JSON.stringify({ time, level: "access", method, path, status, ms })}\n`;
  return `${time} ${method} ${path} ${status} ${ms} ms\n`;
}

/**
 * The path without its query; the secret of a link is left out, control characters are escaped.
 */
export function loggedPath(url: string): string {
  const path = url.replace(/[?#].*$/s, "").replace(/^[a-z]+:\/\/[^/]*/i, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line of the log must stay one line
  return path.replace(/^(\/login|\/reports)\/.+/, "$1/…").replace(/[\x00-\x20\x7f]/g, encodeURIComponent);
}
