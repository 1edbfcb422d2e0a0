import { createReadStream } from "node:fs";
import { appendFile, open, readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";

/** A place in the log: after `offset` bytes of segment `segment`. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
}

const NAME = /^(\d{8})\.ndjson$/;
const NEWLINE = 0x0a;

export function segmentPath(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(8, "0")}.ndjson`);
}

/** Numbers of the segments of a folder, oldest first. */
export async function listSegments(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export interface Line {
  readonly text: string;
  /** Where the next line begins. */
  readonly end: Position;
}

/** The complete lines from `from` up to `to`, oldest first. A segment after the first is read from its beginning. */
export async function* readLines(folder: string, from: Position, to: Position): AsyncGenerator<Line> {
  for (const segment of await listSegments(folder)) {
    if (segment < from.segment || segment > to.segment) continue;
    const start = segment === from.segment ? from.offset : 0;
    const end = segment === to.segment ? to.offset : (await stat(segmentPath(folder, segment))).size;
    if (start >= end) continue;
    let offset = start;
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(segmentPath(folder, segment), { start, end: end - 1 })) {
      const buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
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

/** Whether a line may begin there: at the beginning of a segment, or after a newline. */
export async function isLineStart(folder: string, { segment, offset }: Position): Promise<boolean> {
  if (offset === 0) return true;
  if (!(await listSegments(folder)).includes(segment)) return false;
  const file = await open(segmentPath(folder, segment), "r");
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, offset - 1);
    return bytesRead === 1 && buffer[0] === NEWLINE;
  } finally {
    await file.close();
  }
}

/** Moves what follows the last newline of a segment, an event never acknowledged, into `<segment>.bad.ndjson`. Returns its bytes. */
export async function cutTornTail(folder: string, segment: number): Promise<number> {
  const path = segmentPath(folder, segment);
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
    await appendFile(path.replace(/\.ndjson$/, ".bad.ndjson"), Buffer.concat([torn, Buffer.from("\n")]));
    await truncate(path, size - torn.length);
  }
  return torn.length;
}
