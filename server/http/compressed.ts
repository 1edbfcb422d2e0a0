import type { MiddlewareHandler } from "hono";
import { acceptedEncoding, compressAnswer, MIN_COMPRESSED_BYTES } from "./encoding.ts";
import { type Env, header } from "./http.ts";

/** Content that is sent at once. A stream of events or lines would have to be buffered first. */
const WHOLE = /^(text\/html|text\/csv|text\/plain|text\/javascript|application\/json|application\/problem\+json)\b/;

/** Compresses pages and JSON of more than 1 KiB for clients that take it. */
export const compressed: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const { res } = c;
  const encoding = acceptedEncoding(header(c, "accept-encoding"));
  const isWhole = WHOLE.test(res.headers.get("content-type") ?? "");
  // Assets choose the encoding themselves.
  const isChosen = /accept-encoding/i.test(res.headers.get("vary") ?? "");
  if (!isWhole || isChosen || !res.body || c.req.method === "HEAD") return;
  const content = new Uint8Array(await res.arrayBuffer());
  const headers = new Headers(res.headers);
  headers.append("vary", "Accept-Encoding");
  const isLarge = content.length > MIN_COMPRESSED_BYTES;
  const body = (encoding && isLarge && (await compressAnswer(content, encoding))) || content;
  if (body !== content && encoding) {
    headers.set("content-encoding", encoding);
    // The same version in another encoding.
    const etag = headers.get("etag");
    if (etag?.startsWith('"')) headers.set("etag", `W/${etag}`);
  }
  headers.delete("content-length");
  // Reset first: Hono merges the headers of the existing response into the new one.
  c.res = undefined;
  c.res = new Response(body as Uint8Array<ArrayBuffer>, { status: res.status, headers });
};
