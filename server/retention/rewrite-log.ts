import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { COUNTS_FILE, readCounts, saveCounts } from "../events/accounting.ts";
import { JOURNAL_FILE } from "../events/journal.ts";
import { replay } from "../events/replay.ts";
import { idOfLine, listSegments, scanLines, segmentPath } from "../events/segments.ts";
import { syncFolder } from "../files/durable-file.ts";

/** The new form of a log line: the same text, another text, or nothing. */
export type Rewrite = (line: string) => string | null;

export interface Rewritten {
  /** Removed events. */
  readonly removed: number;
  /** Events with a removed part. */
  readonly changed: number;
}

/** Text of a segment that is being rewritten. */
const UNFINISHED = ".rewrite";
/** Derived files, which the next start rebuilds from the segments. */
const DERIVED = /\.(ids|parquet|parquet\.tmp|hash|sha256|ids\.tmp)$/;
const FLUSH_BYTES = 1 << 20;

/**
 * Rewrites the segments of a log durably, one after the other, while no server runs. After a kill,
 * running it again completes it. Checkpoints and copies of the log are removed first, and the
 * journal once its writes are in the segments: none of them may restore removed events.
 *
 * @param folder the log's
 * @param mentions whether a line must be examined; others are copied unchanged
 */
export async function rewriteLog(
  folder: string,
  mentions: (line: Buffer) => boolean,
  rewrite: Rewrite,
): Promise<Rewritten> {
  await dropJournal(folder);
  for (const name of await readdir(folder)) {
    if (DERIVED.test(name) || name.endsWith(UNFINISHED)) await rm(join(folder, name), { force: true });
  }
  await syncFolder(folder);
  let removed = 0;
  let changed = 0;
  for (const segment of await listSegments(folder)) {
    const found = await rewriteSegment(segmentPath(folder, segment), mentions, rewrite);
    removed += found.removed;
    changed += found.changed;
  }
  for (const name of await readdir(folder)) {
    if (name.endsWith(".bad.ndjson") || name.endsWith(".bad")) await dropLines(join(folder, name), mentions);
    // Examples of fields.
    else if (/\.json$/.test(name) && name !== COUNTS_FILE && mentions(await readFile(join(folder, name)))) {
      await rm(join(folder, name));
    }
  }
  await syncFolder(folder);
  await recount(folder);
  return { removed, changed };
}

/** Writes what only the journal holds into the segments, and removes it. */
export async function dropJournal(folder: string): Promise<void> {
  const { journal, homeless } = await replay(folder);
  await journal?.close();
  if (homeless === 0) await rm(join(folder, JOURNAL_FILE), { force: true });
}

/** Rewrites one file of lines durably, if any line must be. */
export async function rewriteSegment(
  path: string,
  mentions: (line: Buffer) => boolean,
  rewrite: Rewrite,
): Promise<Rewritten> {
  const { size } = await stat(path);
  let isMentioned = false;
  await scanLines(path, 0, size, (buffer, start, end) => {
    isMentioned ||= mentions(buffer.subarray(start, end));
  });
  // Without its lines being rewritten a segment keeps its time, and what was made from it.
  if (!isMentioned) return { removed: 0, changed: 0 };
  const temporary = `${path}${UNFINISHED}`;
  const file = await open(temporary, "w", 0o600);
  let removed = 0;
  let changed = 0;
  try {
    let parts: Buffer[] = [];
    let bytes = 0;
    const lines: Buffer[] = [];
    // A torn tail, which was never acknowledged, is left out.
    await scanLines(path, 0, size, (buffer, start, stop) => {
      const line = buffer.subarray(start, stop);
      let kept: Buffer | null = Buffer.from(line);
      if (mentions(line)) {
        const before = line.toString("utf8");
        const after = rewrite(before);
        if (after === null) removed += 1;
        else if (after !== before) changed += 1;
        kept = after === null ? null : after === before ? kept : Buffer.from(after);
      }
      if (kept) lines.push(kept);
    });
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
  await rename(temporary, path);
  return { removed, changed };
}

async function dropLines(path: string, mentions: (line: Buffer) => boolean): Promise<void> {
  const lines = (await readFile(path)).toString("utf8").split("\n");
  const kept = lines.filter((line) => !mentions(Buffer.from(line)));
  if (kept.length === lines.length) return;
  const temporary = `${path}${UNFINISHED}`;
  const file = await open(temporary, "w", 0o600);
  await file.writeFile(kept.join("\n"));
  await file.sync().finally(() => file.close());
  await rename(temporary, path);
}

/** Sets the saved counters to those of the present log. */
export async function recount(folder: string): Promise<void> {
  const before = await readCounts(folder);
  if (!before) return;
  const segments = await listSegments(folder);
  let stored = 0;
  let upTo = { segment: 1, offset: 0 };
  for (const segment of segments) {
    const path = segmentPath(folder, segment);
    const { size } = await stat(path);
    const offset = await scanLines(path, 0, size, (buffer, start, end) => {
      if (idOfLine(buffer, start, end) !== null) stored += 1;
    });
    upTo = { segment, offset };
  }
  await saveCounts(folder, { ...before, stored, upTo });
}
