import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { BoundedMap } from "../memory/bounded-map.ts";

export type Encoding = "br" | "gzip";

/** Smaller content fits into one packet in any case. */
export const MIN_COMPRESSED_BYTES = 1024;
/** Levels for content that is compressed once and kept. */
const BEST = { br: 11, gzip: 9 } as const;
/** Levels for content compressed per answer: brotli 5 takes as long as gzip 6 and is smaller. */
const FAST = { br: 5, gzip: 6 } as const;
/**
 * Answers that may be under compression: half of Node's threads, which write and sync the log, too.
 */
const MAX_UNDER_WAY = 2;

/** Browsers send a few values of Accept-Encoding. */
const accepted = new BoundedMap<string, Encoding | null>(100);

/** Encoding that a client accepts, by its Accept-Encoding; null for none of ours. */
export function acceptedEncoding(accept = ""): Encoding | null {
  let encoding = accepted.get(accept);
  if (encoding === undefined) {
    encoding = preferredEncoding(accept);
    accepted.set(accept, encoding);
  }
  return encoding;
}

function preferredEncoding(accept: string): Encoding | null {
  const weights = new Map<string, number>();
  for (const part of accept.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    weights.set(name, q === undefined ? 1 : Number(q.slice(2)) || 0);
  }
  const weightOf = (encoding: Encoding) => weights.get(encoding) ?? weights.get("*") ?? 0;
  const best = weightOf("br") >= weightOf("gzip") ? "br" : "gzip";
  return weightOf(best) > 0 ? best : null;
}

/** Compresses content that is kept, which takes more time for fewer bytes. */
export function compressBest(content: Uint8Array, encoding: Encoding): Promise<Buffer> {
  return compress(content, encoding, BEST[encoding]);
}

let underWay = 0;

/** Compresses the content of an answer; null while enough others are. */
export function compressAnswer(content: Uint8Array, encoding: Encoding): Promise<Buffer> | null {
  if (underWay >= MAX_UNDER_WAY) return null;
  underWay += 1;
  return compress(content, encoding, FAST[encoding]).finally(() => {
    underWay -= 1;
  });
}

function compress(content: Uint8Array, encoding: Encoding, level: number): Promise<Buffer> {
  return encoding === "br"
    ? promisify(brotliCompress)(content, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: level,
          [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
        },
      })
    : promisify(gzip)(content, { level });
}
