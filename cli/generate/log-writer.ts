import type { Random } from "../../core/random-streams.ts";
import { HOUR_MS } from "./order-by-time.ts";
import { writeUuid } from "./uuid.ts";

/** Bytes per block: large enough to make writes cheap, small enough for caches; arbitrary. */
const BLOCK = 2 ** 18;
/** Room for the longest line after a full block. */
const MAX_LINE = 2 ** 16;

const COLON = 0x3a;
const DOT = 0x2e;
const ZERO = 0x30;

/** Writes lines as bytes: joining and encoding strings is ten times as slow. */
export interface LogWriter {
  /** Number of lines so far. */
  readonly lines: number;
  readonly isFull: boolean;
  put(bytes: Uint8Array): void;
  /** Writes a UUID of version 4 (RFC 9562) from a random stream. */
  putUuid(random: Random): void;
  /** Writes `2026-01-31T12:34:56.789`, with the writer's separator. */
  putTime(atMs: number): void;
  /** Writes a whole number with `count` digits. */
  putDigits(value: number, count: number): void;
  endLine(): void;
  /** Returns the bytes since the last call. */
  take(): Buffer;
}

/**
 * @param startMs time of 0 milliseconds: a whole hour, in milliseconds since 1970
 * @param separator between date and time
 */
export function logWriter(startMs: number, separator: "T" | " "): LogWriter {
  let block = Buffer.allocUnsafe(BLOCK + MAX_LINE);
  let length = 0;
  let lines = 0;
  // Cache the hour's text: times are mostly in order.
  let hour = Number.NaN;
  let prefix = encode("");

  function put(bytes: Uint8Array): void {
    const count = bytes.length;
    // A native call takes as long as copying this many bytes.
    if (count > 64) block.set(bytes, length);
    else for (let index = 0; index < count; index += 1) block[length + index] = bytes[index] as number;
    length += count;
  }
  function putDigits(value: number, count: number): void {
    let rest = value;
    for (let place = length + count - 1; place >= length; place -= 1) {
      block[place] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    length += count;
  }

  return {
    get lines() {
      return lines;
    },
    get isFull() {
      return length >= BLOCK;
    },
    put,
    putUuid: (random) => {
      writeUuid(block, length, random);
      length += 36;
    },
    putTime: (atMs) => {
      const now = Math.floor(atMs / HOUR_MS);
      if (now !== hour) {
        hour = now;
        prefix = encode(new Date(startMs + hour * HOUR_MS).toISOString().slice(0, 14).replace("T", separator));
      }
      put(prefix);
      const ms = atMs - hour * HOUR_MS;
      putDigits(Math.floor(ms / 60_000), 2);
      block[length++] = COLON;
      putDigits(Math.floor(ms / 1000) % 60, 2);
      block[length++] = DOT;
      putDigits(ms % 1000, 3);
    },
    putDigits,
    endLine: () => {
      block[length++] = 0x0a;
      lines += 1;
    },
    take: () => {
      const taken = block.subarray(0, length);
      block = Buffer.allocUnsafe(BLOCK + MAX_LINE);
      length = 0;
      return taken;
    },
  };
}

/** Encodes a text as UTF-8 once, for repeated writing. */
export function encode(text: string): Uint8Array {
  return Buffer.from(text);
}

/** Encodes ASCII text, three times as fast: for texts made for every visit. */
export function encodeAscii(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
