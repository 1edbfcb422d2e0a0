import { createHash } from "node:crypto";
import type { Handler } from "hono";
import { acceptedEncoding, compressBest, type Encoding } from "./encoding.ts";
import { isKnownTag } from "./etag.ts";
import { type Env, header } from "./http.ts";

/** Bytes of an answer, and their headers. */
interface Representation {
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Answers with a text that is constant while the server runs, or with 304 when the client has it.
 * Compressed once per encoding at the highest level; each encoding has its own ETag.
 */
export function asset(text: string, headers: Readonly<Record<string, string>>): Handler<Env> {
  const plain = Buffer.from(text);
  const hash = createHash("sha256").update(plain).digest("base64url");
  const made = new Map<Encoding | null, Promise<Representation>>();
  const make = async (encoding: Encoding | null): Promise<Representation> => {
    const bytes = encoding ? await compressBest(plain, encoding) : plain;
    // Content that compression makes larger is sent uncompressed, to everyone.
    if (encoding && bytes.length >= plain.length) return representation(null);
    return {
      bytes,
      headers: {
        ...headers,
        vary: "Accept-Encoding",
        etag: encoding ? `"${hash}-${encoding}"` : `"${hash}"`,
        "content-length": String(bytes.length),
        ...(encoding ? { "content-encoding": encoding } : {}),
      },
    };
  };
  const representation = (encoding: Encoding | null) => {
    const known = made.get(encoding) ?? make(encoding);
    made.set(encoding, known);
    return known;
  };
  return async (c) => {
    const { bytes, headers } = await representation(acceptedEncoding(header(c, "accept-encoding")));
    if (!isKnownTag(header(c, "if-none-match"), headers.etag ?? ""))
      return new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { ...headers } });
    const { "content-length": _, "content-encoding": __, ...others } = headers;
    return new Response(null, { status: 304, headers: others });
  };
}
