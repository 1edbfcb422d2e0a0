import { type FileHandle, open, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { writeDurably } from "../files/write-all.ts";

/**
 * A file of lines, or of any bytes, as it is or compressed. Positions are those of the uncompressed
 * bytes.
 */
export interface SegmentFile {
  /** Uncompressed bytes. */
  readonly size: number;
  /** Milliseconds since 1970; compressing keeps it. */
  readonly mtimeMs: number;
  /** Reads up to `length` bytes from a position; fewer only at the end. */
  read(buffer: Buffer, at: number, length: number, position: number): Promise<number>;
  close(): Promise<void>;
}

/** Ending of a compressed file, after the name of the plain one. */
export const COMPRESSED = ".gz";

/** Uncompressed bytes of each part but the last; a part is decompressed as a whole. */
const PART_BYTES = 1 << 20;
const MAGIC = 0x69735366;
/** Bytes at the end of a compressed file whose size is fixed: see `lastMember`. */
const TAIL_BYTES = 34;

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/**
 * Opens a file for reading: the plain one, or the compressed one that took its place. Rejects with
 * ENOENT if there is neither.
 */
export async function openSegmentFile(path: string): Promise<SegmentFile> {
  const plain = await open(path, "r").catch(unlessMissing);
  if (plain === null) return openCompressed(`${path}${COMPRESSED}`);
  const { size, mtimeMs } = await plain.stat();
  return {
    size,
    mtimeMs,
    read: async (buffer, at, length, position) => (await plain.read(buffer, at, length, position)).bytesRead,
    close: () => plain.close(),
  };
}

/** Path of the plain file, or of the compressed one where only that is there. */
export async function presentPath(path: string): Promise<string> {
  return (await isThere(path)) ? path : `${path}${COMPRESSED}`;
}

/** Whether something has this path. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(unlessMissing)) !== null;
}

/** Size and time of a file; those of the plain one. */
export async function statSegmentFile(path: string): Promise<Pick<SegmentFile, "size" | "mtimeMs">> {
  const plain = await stat(path).catch(unlessMissing);
  if (plain) return { size: plain.size, mtimeMs: plain.mtimeMs };
  const { size, mtimeMs, close } = await openCompressed(`${path}${COMPRESSED}`);
  await close();
  return { size, mtimeMs };
}

/** Bytes of a file between two positions. */
export async function* bytesOf(path: string, start: number, end: number): AsyncGenerator<Buffer> {
  const file = await openSegmentFile(path);
  try {
    for (let at = start; at < end; ) {
      const buffer = Buffer.allocUnsafe(Math.min(PART_BYTES, end - at));
      const bytes = await file.read(buffer, 0, buffer.length, at);
      if (bytes === 0) return;
      yield buffer.subarray(0, bytes);
      at += bytes;
    }
  } finally {
    await file.close();
  }
}

/**
 * Writes a compressed copy of a file durably: a gzip member per part, which any program
 * decompresses as one file, and an empty last member with the parts' sizes.
 */
export async function writeCompressed(path: string, to: string): Promise<void> {
  const file = await openSegmentFile(path);
  const target = await open(to, "w", 0o600);
  try {
    const sizes: number[] = [];
    let offset = 0;
    for (let at = 0; at < file.size; at += PART_BYTES) {
      const part = Buffer.allocUnsafe(Math.min(PART_BYTES, file.size - at));
      const bytes = await file.read(part, 0, part.length, at);
      if (bytes < part.length) throw new Error(`${path} became shorter while it was compressed`);
      const packed = await zip(part);
      await target.write(packed, 0, packed.length, offset);
      offset += packed.length;
      sizes.push(packed.length);
    }
    await writeDurably(target, lastMember(sizes, file), offset);
    await target.sync();
  } finally {
    await target.close();
    await file.close();
  }
}

/**
 * The list of parts as a gzip member without content: its field “extra” (RFC 1952) has the sizes
 * of the members before it, and the size and time of the plain file.
 */
function lastMember(sizes: readonly number[], { size, mtimeMs }: Pick<SegmentFile, "size" | "mtimeMs">): Buffer {
  const data = Buffer.alloc(sizes.length * 4 + 24);
  for (const [place, bytes] of sizes.entries()) data.writeUInt32LE(bytes, place * 4);
  data.writeDoubleLE(mtimeMs, data.length - 24);
  data.writeDoubleLE(size, data.length - 16);
  data.writeUInt32LE(sizes.length, data.length - 8);
  data.writeUInt32LE(MAGIC, data.length - 4);
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 0, 0, 0x46, 0x53, 0, 0]);
  if (data.length + 4 > 0xffff) throw new Error(`${size} bytes are more than a compressed segment may have`);
  head.writeUInt16LE(data.length + 4, 10);
  head.writeUInt16LE(data.length, 14);
  // An empty block of deflate, and the CRC and size of nothing.
  return Buffer.concat([head, data, Buffer.from([3, 0]), Buffer.alloc(8)]);
}

/** Opens a compressed file. */
export async function openCompressed(path: string): Promise<SegmentFile> {
  const file = await open(path, "r");
  try {
    const { size: packed } = await file.stat();
    const { size, mtimeMs, starts } = await partsOf(file, packed, path);
    let held = -1;
    let part: Buffer = Buffer.alloc(0);
    return {
      size,
      mtimeMs,
      async read(buffer, at, length, position) {
        let copied = 0;
        while (copied < length && position + copied < size) {
          const wanted = Math.floor((position + copied) / PART_BYTES);
          if (wanted !== held) {
            const bytes = Math.min(PART_BYTES, size - wanted * PART_BYTES);
            part = await readPart(file, starts[wanted] ?? 0, starts[wanted + 1] ?? 0, bytes);
            held = wanted;
          }
          const from = position + copied - wanted * PART_BYTES;
          copied += part.copy(buffer, at + copied, from, Math.min(part.length, from + length - copied));
        }
        return copied;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Size and time of a compressed file's content, and the starts of its parts; the end last. */
async function partsOf(file: FileHandle, packed: number, path: string) {
  const tail = Buffer.alloc(TAIL_BYTES);
  await file.read(tail, 0, TAIL_BYTES, Math.max(0, packed - TAIL_BYTES));
  const [mtimeMs, size, count] = [tail.readDoubleLE(0), tail.readDoubleLE(8), tail.readUInt32LE(16)];
  const start = packed - TAIL_BYTES - count * 4;
  if (tail.readUInt32LE(20) !== MAGIC || start < 0 || count !== Math.ceil(size / PART_BYTES)) {
    throw new Error(`${path} has no list of its parts: decompress it to ${path.slice(0, -COMPRESSED.length)}`);
  }
  const list = Buffer.alloc(count * 4);
  await file.read(list, 0, list.length, start);
  const starts = [0];
  for (let place = 0; place < count; place += 1) starts.push((starts.at(-1) ?? 0) + list.readUInt32LE(place * 4));
  return { size, mtimeMs, starts };
}

/** A part of known size. A damaged one is read as zeros: a line that is no event. */
async function readPart(file: FileHandle, start: number, end: number, bytes: number): Promise<Buffer> {
  const packed = Buffer.alloc(end - start);
  await file.read(packed, 0, packed.length, start);
  const part = await unzip(packed).catch(() => null);
  return part?.length === bytes ? part : Buffer.alloc(bytes);
}

function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code !== "ENOENT") throw error;
  return null;
}
