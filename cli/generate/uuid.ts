import type { Random } from "../../core/random-streams.ts";

const DIGITS = Buffer.from("0123456789abcdef");
const DASH = 0x2d;
const TEXT = Buffer.alloc(36);

/** A UUID of version 4 (RFC 9562) from a random stream. */
export function uuid(random: Random): string {
  writeUuid(TEXT, 0, random);
  return TEXT.toString("latin1", 0, 36);
}

/** Writes such a UUID as 36 bytes at an offset of a buffer. */
export function writeUuid(to: Uint8Array, at: number, random: Random): void {
  writeWord(to, at, random() * 2 ** 32);
  to[at + 8] = DASH;
  const middle = ((random() * 2 ** 32) & 0xffff0fff) | 0x4000;
  writeHalf(to, at + 9, middle >>> 16);
  to[at + 13] = DASH;
  writeHalf(to, at + 14, middle);
  to[at + 18] = DASH;
  const variant = ((random() * 2 ** 32) & 0x3fffffff) | 0x80000000;
  writeHalf(to, at + 19, variant >>> 16);
  to[at + 23] = DASH;
  writeHalf(to, at + 24, variant);
  writeWord(to, at + 28, random() * 2 ** 32);
}

function writeWord(to: Uint8Array, at: number, word: number): void {
  writeHalf(to, at, word >>> 16);
  writeHalf(to, at + 4, word);
}

function writeHalf(to: Uint8Array, at: number, bits: number): void {
  to[at] = DIGITS[(bits >>> 12) & 15] as number;
  to[at + 1] = DIGITS[(bits >>> 8) & 15] as number;
  to[at + 2] = DIGITS[(bits >>> 4) & 15] as number;
  to[at + 3] = DIGITS[bits & 15] as number;
}
