import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "../files/durable-file.ts";
import { lineAfter, mentionsOf, type Removal } from "./removal.ts";
import { COMPRESSED, statSegmentFile } from "./segment-file.ts";
import { idOfLine, scanLines } from "./segments.ts";

export interface Rewritten {
  /** Removed events. */
  readonly removed: number;
  /** Events with a removed part. */
  readonly changed: number;
}

/** Ending of a segment's new text while it is being written. */
export const UNFINISHED = ".rewrite";
/** Endings of files that the next start, or the next count, makes again from a segment. */
const DERIVED = /\.(ids|parquet|hash|sha256|tmp)$/;
const FLUSH_BYTES = 1 << 20;

/**
 * Writes a file of lines without its removed part beside it, durably. Null, and nothing written,
 * if no line mentions that part: the file then keeps its time, and what was made from it.
 */
export async function writeRewritten(path: string, removal: Removal): Promise<Rewritten | null> {
  const mentions = mentionsOf(removal);
  const { size } = await statSegmentFile(path);
  let isMentioned = false;
  await scanLines(path, 0, size, (buffer, start, end) => {
    isMentioned ||= mentions(buffer.subarray(start, end));
  });
  if (!isMentioned) return null;
  const file = await open(`${path}${UNFINISHED}`, "w", 0o600);
  let removed = 0;
  let changed = 0;
  try {
    const lines: Buffer[] = [];
    // A torn tail, which was never acknowledged, is left out.
    await scanLines(path, 0, size, (buffer, start, stop) => {
      const line = buffer.subarray(start, stop);
      let kept: Buffer | null = Buffer.from(line);
      if (mentions(line)) {
        const before = line.toString("utf8");
        const after = lineAfter(before, removal);
        if (after === null) removed += idOfLine(line, 0, line.length) === null ? 0 : 1;
        else if (after !== before) changed += 1;
        kept = after === null ? null : after === before ? kept : Buffer.from(after);
      }
      if (kept) lines.push(kept);
    });
    let parts: Buffer[] = [];
    let bytes = 0;
    for (const line of lines) {
      parts.push(line, Buffer.from("\n"));
      bytes += line.length + 1;
      if (bytes < FLUSH_BYTES) continue;
      await file.writeFile(Buffer.concat(parts));
      parts = [];
      bytes = 0;
    }
    await file.writeFile(Buffer.concat(parts));
    await file.sync();
  } finally {
    await file.close();
  }
  return { removed, changed };
}

/** Replaces a segment by its rewritten form, durably, and removes what was derived from it. */
export async function replaceRewritten(path: string): Promise<void> {
  const rewritten = `${path}${UNFINISHED}`;
  const name = basename(path).replace(/ndjson$/, "");
  const folder = dirname(path);
  for (const file of await readdir(folder)) {
    if (file.startsWith(name) && DERIVED.test(file)) await rm(join(folder, file), { force: true });
  }
  await syncFolder(folder);
  await rename(rewritten, path);
  await syncFolder(folder);
  // The plain one counts from here on; it is compressed again later.
  await rm(`${path}${COMPRESSED}`, { force: true });
  await syncFolder(folder);
}
