import { appendFile, type FileHandle, open, readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "../files/durable-file.ts";
import { bytesOf, isThere, openSegmentFile, presentPath, statSegmentFile } from "./segment-file.ts";

/** A position in the log: after `offset` bytes of segment `segment`. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
}

const NAME = /^(\d{8})\.ndjson(?:\.gz)?$/;
const NEWLINE = 0x0a;
const SCAN_BYTES = 1 << 20;
/** A stored line begins with its ID, so that IDs are found without parsing. */
const BEFORE_ID = Buffer.from('{"id":"');
const QUOTE = 0x22;
const MAX_ID_LENGTH = 64;

/** Path of a segment; a compressed one has an ending behind it. */
export function segmentPath(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(8, "0")}.ndjson`);
}

/** Something with a segment's name is no file. */
export class NotASegment extends Error {}

/**
 * Numbers of the segments of a folder, oldest first.
 *
 * @throws NotASegment when a folder or device has a segment's name
 */
export async function listSegments(folder: string): Promise<number[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const segments: number[] = [];
  for (const entry of entries) {
    const number = NAME.exec(entry.name)?.[1];
    if (number === undefined) continue;
    const path = join(folder, entry.name);
    // A link to a file is one, a link to nothing is none.
    const isFile = entry.isFile() || (await stat(path).catch(() => null))?.isFile() === true;
    if (!isFile) {
      throw new NotASegment(
        `${path} has the name of a part of the event log, but is no file. Nothing was changed: move it elsewhere`,
      );
    }
    segments.push(Number(number));
  }
  // After a kill a segment may be there in both forms.
  return [...new Set(segments)].sort((a, b) => a - b);
}

/** Paths of the segments before another that are not compressed, oldest first. */
export async function plainSegments(folder: string, before: number): Promise<string[]> {
  const paths = (await listSegments(folder)).filter((one) => one < before).map((one) => segmentPath(folder, one));
  const plain = await Promise.all(paths.map(isThere));
  return paths.filter((_, place) => plain[place]);
}

/** Uncompressed bytes of each segment of a folder, oldest first. */
export async function segmentSizes(folder: string): Promise<number[]> {
  const segments = await listSegments(folder);
  return Promise.all(segments.map((segment) => segmentSize(folder, segment)));
}

/** Uncompressed bytes of a segment. */
export async function segmentSize(folder: string, segment: number): Promise<number> {
  return (await statSegmentFile(segmentPath(folder, segment))).size;
}

/** Bytes that the segments before another take on the disk. */
export async function diskBytes(folder: string, before: number): Promise<number> {
  const closed = (await listSegments(folder)).filter((segment) => segment < before);
  const sizes = await Promise.all(
    // It may be archived, or replaced by its compressed form, at this moment.
    closed.map(async (segment) => stat(await presentPath(segmentPath(folder, segment))).catch(() => null)),
  );
  return sizes.reduce((sum, file) => sum + (file?.size ?? 0), 0);
}

export interface Line {
  readonly text: string;
  /** Position at which the next line begins. */
  readonly end: Position;
}

/**
 * Complete lines from `from` up to `to`, oldest first. Later segments are read from their
 * beginning.
 */
export async function* readLines(folder: string, from: Position, to: Position): AsyncGenerator<Line> {
  for (const segment of await listSegments(folder)) {
    if (segment < from.segment || segment > to.segment) continue;
    const start = segment === from.segment ? from.offset : 0;
    const end = segment === to.segment ? to.offset : await segmentSize(folder, segment);
    if (start >= end) continue;
    let offset = start;
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of bytesOf(segmentPath(folder, segment), start, end)) {
      const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let lineStart = 0;
      for (let at = buffer.indexOf(NEWLINE); at !== -1; at = buffer.indexOf(NEWLINE, lineStart)) {
        offset += at + 1 - lineStart;
        yield { text: buffer.toString("utf8", lineStart, at), end: { segment, offset } };
        lineStart = at + 1;
      }
      rest = buffer.subarray(lineStart);
    }
  }
}

/** Bytes of the segments, oldest first, up to `to`. */
export async function* readBytes(folder: string, to: Position): AsyncGenerator<Uint8Array> {
  for (const segment of await listSegments(folder)) {
    if (segment > to.segment) return;
    const end = segment === to.segment ? to.offset : await segmentSize(folder, segment);
    yield* bytesOf(segmentPath(folder, segment), 0, end);
  }
}

/**
 * Calls `onLine` for each whole line between two offsets of a file. The line is at `start` to `end`
 * of a buffer that is valid during the call. Four times as fast as `readLines`, whose caller can
 * stop.
 *
 * @returns the offset after the last whole line
 */
export async function scanLines(
  path: string,
  from: number,
  to: number,
  onLine: (buffer: Buffer, start: number, end: number) => void,
): Promise<number> {
  const file = await openSegmentFile(path);
  try {
    let buffer = Buffer.allocUnsafe(Math.min(SCAN_BYTES, Math.max(1, to - from)));
    // Bytes at the buffer's beginning of a line whose end has not been read yet.
    let held = 0;
    let offset = from;
    while (offset < to) {
      if (held === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
      const bytesRead = await file.read(buffer, held, Math.min(buffer.length - held, to - offset), offset);
      if (bytesRead === 0) break;
      offset += bytesRead;
      const filled = buffer.subarray(0, held + bytesRead);
      let start = 0;
      for (let end = filled.indexOf(NEWLINE, held); end !== -1; end = filled.indexOf(NEWLINE, start)) {
        onLine(filled, start, end);
        start = end + 1;
      }
      buffer.copyWithin(0, start, filled.length);
      held = filled.length - start;
    }
    return offset - held;
  } finally {
    await file.close();
  }
}

/** The ID that a line begins with; null when the line is not ours. */
export function idOfLine(buffer: Buffer, start: number, end: number): string | null {
  const from = start + BEFORE_ID.length;
  if (from >= end || buffer.compare(BEFORE_ID, 0, BEFORE_ID.length, start, from) !== 0) return null;
  const quote = buffer.indexOf(QUOTE, from);
  // Requires the closing quote and brace: garbage and half lines have none.
  if (quote <= from || quote - from > MAX_ID_LENGTH || quote >= end || buffer[end - 1] !== 0x7d) return null;
  return buffer.toString("latin1", from, quote);
}

/** Whether a line may begin there: at the start of a segment, or after a newline. */
export async function isLineStart(folder: string, { segment, offset }: Position): Promise<boolean> {
  if (offset === 0) return true;
  if (!(await listSegments(folder)).includes(segment)) return false;
  const file = await openSegmentFile(segmentPath(folder, segment));
  try {
    const last = Buffer.alloc(1);
    return (await file.read(last, 0, 1, offset - 1)) === 1 && last[0] === NEWLINE;
  } finally {
    await file.close();
  }
}

/**
 * Moves the bytes after a file's last newline, which were never acknowledged, to
 * `<name>.bad.ndjson`. Returns their number.
 */
export async function cutTornTail(path: string): Promise<number> {
  const file = await open(path, "r");
  let tail: Buffer = Buffer.alloc(0);
  let size: number;
  try {
    size = (await file.stat()).size;
    for (let end = size; end > 0 && !tail.includes(NEWLINE); ) {
      const start = Math.max(0, end - 65_536);
      const chunk = Buffer.alloc(end - start);
      await file.read(chunk, 0, chunk.length, start);
      tail = Buffer.concat([chunk, tail]);
      end = start;
    }
  } finally {
    await file.close();
  }
  const torn = tail.subarray(tail.lastIndexOf(NEWLINE) + 1);
  if (torn.length > 0) {
    const kept = appendFile(path.replace(/\.ndjson$/, ".bad.ndjson"), Buffer.concat([torn, Buffer.from("\n")]));
    // Only for people to look at: a full disk must not prevent the start.
    await kept.catch(() => undefined);
    await truncate(path, size - torn.length);
  }
  return torn.length;
}

/** Opens a segment for writing, created when missing, and makes its directory entry durable. */
export async function openSegment(folder: string, segment: number): Promise<FileHandle> {
  const path = segmentPath(folder, segment);
  const file = await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return open(path, "wx+");
  });
  try {
    // Sync even for an existing file: the sync after its creation may have failed.
    await syncFolder(folder);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
