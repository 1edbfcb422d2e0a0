import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import { writeAll } from "../files/write-all.ts";
import { JOURNAL_FILE, Journal, type JournalRecord } from "./journal.ts";
import { segmentPath } from "./segments.ts";

/** Result of replaying a folder's journal. */
export interface Replay {
  /** Emptied, for further writes; null when the folder has none. */
  readonly journal: Journal | null;
  /** Records behind the end of their segment, which someone has shortened. */
  readonly homeless: number;
}

/** Writes the journal's records to their positions in the segments, durably. */
export async function replay(folder: string): Promise<Replay> {
  const found = await Journal.open(folder);
  if (!found) return { journal: null, homeless: 0 };
  const { journal, records } = found;
  try {
    let homeless = 0;
    for (const segment of new Set(records.map((record) => record.segment))) {
      homeless += await replaySegment(
        folder,
        segment,
        records.filter((record) => record.segment === segment),
      );
    }
    if (homeless > 0) {
      // Keep it for people to look at: it may hold events that are nowhere else.
      await journal.close();
      await rename(join(folder, JOURNAL_FILE), join(folder, `${JOURNAL_FILE}.bad`));
      return { journal: null, homeless };
    }
    if (records.length > 0) await journal.restart();
    return { journal, homeless };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** Returns the number of records without a place in the segment. */
async function replaySegment(folder: string, segment: number, records: readonly JournalRecord[]): Promise<number> {
  const file = await open(segmentPath(folder, segment), "r+").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return null;
  });
  if (!file) return records.length;
  try {
    let { size } = await file.stat();
    let homeless = 0;
    for (const { offset, bytes } of records) {
      if (offset > size) {
        homeless += 1;
        continue;
      }
      await writeAll(file, bytes, offset);
      size = Math.max(size, offset + bytes.length);
    }
    await file.sync();
    return homeless;
  } finally {
    await file.close();
  }
}
