import { isUtf8 } from "node:buffer";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { Ambiguous } from "../ambiguous.ts";

/** Content as UTF-8. */
export interface TextFile {
  readonly path: string;
  /** The encoding's usual name: `utf-8`, `utf-16le`, `windows-1252`. */
  readonly encoding: string;
}

const HEAD_BYTES = 65_536;

/**
 * Converts a file to UTF-8 (a rewritten one loses its byte order mark). Invalid UTF-8 is read as
 * Windows-1252, in which every byte is a character; `--encoding` overrides this.
 *
 * @throws Ambiguous if its letters are hardly Latin
 */
export async function asUtf8(path: string, named: string, said: string | null, to: string): Promise<TextFile> {
  const encoding = said ?? (await encodingOf(path, named));
  if (encoding === "utf-8" && said === null) return { path, encoding };
  try {
    await pipeline(Readable.from(decoded(path, encoding)), createWriteStream(to));
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "RangeError")
      throw new BadConfig(`--encoding is "${encoding}": allowed are utf-8, utf-16le, windows-1252 and the like`);
    throw new BadConfig(`${named} is no valid ${encoding} (${message})`);
  }
  return { path: to, encoding };
}

async function encodingOf(path: string, named: string): Promise<string> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0).finally(() => file.close());
  const head = buffer.subarray(0, bytesRead);
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  // Latin text in UTF-16 has a zero in every other byte.
  let [even, odd] = [0, 0];
  for (const [place, byte] of head.entries()) {
    if (byte !== 0) continue;
    if (place % 2 === 0) even += 1;
    else odd += 1;
  }
  if (even + odd > bytesRead / 4) return odd > even ? "utf-16le" : "utf-16be";
  if (even + odd > 0) throw new BadConfig(`${named} is no text: it has zero bytes`);
  if (await isWhollyUtf8(path)) return "utf-8";
  if (isOtherScript(head)) {
    throw new Ambiguous(
      `${named} is no UTF-8, and too many of its letters are no Latin ones for windows-1252`,
      ["shift_jis", "windows-1251", "gb18030", "euc-kr"].map((value) => ({ flag: "encoding", value })),
    );
  }
  return "windows-1252";
}

/** Share of letters beside another one from which a text is hardly Latin; arbitrary. */
const MANY_NEIGHBOURS = 0.6;
/** Bytes that are no character of Windows-1252, or a rare one, and usual in Shift JIS. */
const RARE = [0x81, 0x82, 0x83, 0x8d, 0x8f, 0x90, 0x9d];

/** Whether a text's bytes beyond ASCII come in runs, as in Cyrillic, Japanese or Chinese words. */
function isOtherScript(head: Buffer): boolean {
  let [all, neighbours, rare] = [0, 0, 0];
  for (const [place, byte] of head.entries()) {
    if (byte < 0x80) continue;
    all += 1;
    if (RARE.includes(byte)) rare += 1;
    if ((head[place - 1] ?? 0) >= 0x80 || (head[place + 1] ?? 0) >= 0x80) neighbours += 1;
  }
  return neighbours > all * MANY_NEIGHBOURS || rare > all / 4;
}

async function isWhollyUtf8(path: string): Promise<boolean> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    const end = wholeCharacters(bytes);
    if (!isUtf8(bytes.subarray(0, end))) return false;
    rest = bytes.subarray(end);
  }
  return rest.length === 0;
}

/** End of the last complete character of a chunk. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return bytes.length;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (length > 0) return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

async function* decoded(path: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: encoding !== "windows-1252" });
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const text = decoder.decode(chunk as Buffer, { stream: true });
    if (text !== "") yield text;
  }
  const last = decoder.decode();
  if (last !== "") yield last;
}
