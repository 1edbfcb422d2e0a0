import { acceptedEncoding, compressAnswer, type Encoding, MIN_COMPRESSED_BYTES } from "./encoding.ts";
import type { Answer, HeaderOf, SentAnswer } from "./http.ts";

/**
 * Compresses answers for clients that take it. An answer given again, such as the groups of many
 * visitors, costs a look-up.
 */
export function compressedAnswers(): (answer: Answer, header: HeaderOf) => SentAnswer | Promise<SentAnswer> {
  const kept = new WeakMap<Answer, Map<Encoding | null, SentAnswer>>();
  const keep = (answer: Answer, encoding: Encoding | null, body: SentAnswer["body"]): SentAnswer => {
    const sent = { status: answer.status, headers: encodedHeaders(answer.headers, encoding), body };
    kept.set(answer, (kept.get(answer) ?? new Map<Encoding | null, SentAnswer>()).set(encoding, sent));
    return sent;
  };
  return (answer, header) => {
    const { body } = answer;
    if (body.length <= MIN_COMPRESSED_BYTES) return answer;
    const encoding = acceptedEncoding(header("accept-encoding"));
    const known = kept.get(answer)?.get(encoding);
    if (known) return known;
    const compressed = encoding && compressAnswer(Buffer.from(body), encoding);
    return compressed ? compressed.then((bytes) => keep(answer, encoding, bytes)) : keep(answer, null, body);
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
