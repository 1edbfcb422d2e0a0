import type { Context } from "hono";
import { type Env, type HeaderOf, headersOf } from "./http.ts";

/** The reason for not reading a body; `status` is the answer's. */
export class BodyRejected extends Error {
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415, message: string) {
    super(message);
    this.status = status;
  }
}

/** Checks by the request's headers whether its body may be read. Throws BodyRejected. */
export function checkHead(header: HeaderOf, mostBytes: number): void {
  const encoding = header("content-encoding");
  if (encoding !== undefined && encoding !== "identity") {
    throw new BodyRejected(415, `content-encoding is "${encoding}": allowed are uncompressed bodies`);
  }
  if (Number(header("content-length") ?? 0) > mostBytes) throw tooLong(mostBytes);
}

export function tooLong(mostBytes: number): BodyRejected {
  return new BodyRejected(413, `the body is longer than ${mostBytes} bytes`);
}

/**
 * Text of a request's body of at most `mostBytes`. A longer one is rejected by its Content-Length
 * before a byte is read, or while chunks are counted. It may be read again, with another limit.
 * Throws BodyRejected.
 */
export async function readBody(c: Context<Env>, mostBytes: number): Promise<string> {
  const header = headersOf(c);
  checkHead(header, mostBytes);
  if (header("content-length") !== undefined) return c.req.text();
  const readBefore = await c.req.bodyCache.text;
  if (readBefore !== undefined) {
    if (Buffer.byteLength(readBefore) > mostBytes) throw tooLong(mostBytes);
    return readBefore;
  }
  const { body } = c.req.raw;
  if (!body) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLong(mostBytes);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  // Hono reads the body from here; its types omit the promise.
  c.req.bodyCache.text = Promise.resolve(text) as unknown as string;
  return text;
}
