import { BoundedMap } from "../memory/bounded-map.ts";
import { acceptedEncoding, compressAnswer, type Encoding, MIN_COMPRESSED_BYTES } from "./encoding.ts";
import type { Answer, HeaderOf, SentAnswer } from "./http.ts";

/** Compressed texts that are kept, of at most so many characters each: some 40 MB at most. */
const MAX_KEPT = 1000;
const MAX_KEPT_LENGTH = 16_384;

/**
 * Compresses texts that are sent again and again, such as the groups of visitors, for clients that
 * take it. A text sent before costs a look-up.
 */
export function compressedAnswers(): (answer: Answer, header: HeaderOf) => SentAnswer | Promise<SentAnswer> {
  const kept = new BoundedMap<string, Buffer>(MAX_KEPT);
  return (answer, header) => {
    const { status, body } = answer;
    if (body.length <= MIN_COMPRESSED_BYTES) return answer;
    const encoding = acceptedEncoding(header("accept-encoding"));
    const name = `${encoding} ${body}`;
    const bytes = encoding && (kept.get(name) ?? compressAnswer(Buffer.from(body), encoding));
    if (!bytes) return { status, headers: encodedHeaders(answer.headers, null), body };
    const headers = encodedHeaders(answer.headers, encoding);
    if (!(bytes instanceof Promise)) return { status, headers, body: bytes };
    return bytes.then((made) => {
      if (body.length <= MAX_KEPT_LENGTH) kept.set(name, made);
      return { status, headers, body: made };
    });
  };
}

type Headers = Answer["headers"];

const encoded = new WeakMap<Headers, Map<Encoding | null, Headers>>();

/** The headers of an answer in an encoding, the same object each time. */
function encodedHeaders(headers: Headers, encoding: Encoding | null): Headers {
  const known = encoded.get(headers) ?? new Map<Encoding | null, Headers>();
  encoded.set(headers, known);
  let result = known.get(encoding);
  if (result === undefined) {
    result = { ...headers, vary: "Accept-Encoding", ...(encoding === null ? {} : { "content-encoding": encoding }) };
    known.set(encoding, result);
  }
  return result;
}
