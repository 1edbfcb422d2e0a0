import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readCounts, saveCounts } from "../events/accounting.ts";
import { dropStaleCompressed } from "../events/compress-segment.ts";
import { dropFromNotes } from "../events/drop-lines.ts";
import { JOURNAL_FILE } from "../events/journal.ts";
import type { Removal } from "../events/removal.ts";
import { replay } from "../events/replay.ts";
import { type Rewritten, replaceRewritten, UNFINISHED, writeRewritten } from "../events/rewrite-segment.ts";
import { idOfLine, listSegments, scanLines, segmentPath, segmentSize } from "../events/segments.ts";
import { syncFolder } from "../files/durable-file.ts";

/** Derived files, which the next start rebuilds from the segments. */
const DERIVED = /\.(ids|parquet|parquet\.tmp|hash|sha256|ids\.tmp)$/;

/**
 * Rewrites the segments of a log durably, one after the other, while no server runs. After a kill,
 * running it again completes it. Checkpoints and copies of the log are removed first, and the
 * journal once its writes are in the segments: none of them may restore removed events.
 *
 * @param folder the log's
 */
export async function rewriteLog(folder: string, removal: Removal): Promise<Rewritten> {
  await dropJournal(folder);
  await dropStaleCompressed(folder);
  for (const name of await readdir(folder)) {
    if (DERIVED.test(name) || name.endsWith(UNFINISHED)) await rm(join(folder, name), { force: true });
  }
  await syncFolder(folder);
  let removed = 0;
  let changed = 0;
  for (const segment of await listSegments(folder)) {
    const path = segmentPath(folder, segment);
    const found = await writeRewritten(path, removal);
    if (!found) continue;
    await replaceRewritten(path);
    removed += found.removed;
    changed += found.changed;
  }
  await dropFromNotes(folder, removal);
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

/** Sets the saved counters to those of the present log. */
export async function recount(folder: string): Promise<void> {
  const before = await readCounts(folder);
  if (!before) return;
  const segments = await listSegments(folder);
  let stored = 0;
  let upTo = { segment: 1, offset: 0 };
  for (const segment of segments) {
    const path = segmentPath(folder, segment);
    const size = await segmentSize(folder, segment);
    const offset = await scanLines(path, 0, size, (buffer, start, end) => {
      if (idOfLine(buffer, start, end) !== null) stored += 1;
    });
    upTo = { segment, offset };
  }
  await saveCounts(folder, { ...before, stored, upTo });
}
