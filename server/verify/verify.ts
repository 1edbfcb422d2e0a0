import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Experiment } from "../../core/experiment.ts";
import { fingerprint, type Seeds } from "../../core/sticky/fingerprint.ts";
import { COUNTS_FILE, readCounts, type SavedCounts } from "../events/accounting.ts";
import { type Claim, checkpointPath, isOfLog, readClaim } from "../events/checkpoint.ts";
import { JOURNAL_FILE, type JournalRecord, readJournal } from "../events/journal.ts";
import { readEvent } from "../events/scan-log.ts";
import { idOfLine, listSegments, scanLines, segmentPath, segmentSize } from "../events/segments.ts";
import { BadConfig } from "../files/bad-config.ts";
import { NEW_CONTENT } from "../registry/content.ts";
import { ExperimentsFile } from "../registry/experiments-file.ts";
import { KnownEpochs } from "../registry/known-epochs.ts";
import { AssignmentCheck } from "./assignments.ts";
import { type Drift, Drifts } from "./drift.ts";
import { checkHistory, type HistoryCheck } from "./history.ts";
import { RepeatedIds } from "./repeated-ids.ts";
import { checkSticky, STICKY_FILE, type StickyCheck } from "./sticky.ts";

/** Content of a data folder, and its contradictions. */
export interface Verification {
  readonly ok: boolean;
  readonly folder: string;
  readonly segments: number;
  readonly bytes: number;
  readonly events: number;
  readonly assignments: { readonly checked: number; readonly unchecked: number };
  readonly checkpoints: { readonly checked: number; readonly damaged: number };
  readonly sticky: Pick<StickyCheck, "units" | "isThere">;
  readonly counters: SavedCounts | null;
  readonly history: HistoryCheck;
  readonly drifts: number;
  /** The first drifts. */
  readonly details: readonly Drift[];
}

/** Any seeds will do: the log does not change meanwhile, and the second pass detects collisions. */
const SEEDS: Seeds = { high: 0x2545f491, low: 0x4f6cdd1d };

/**
 * Recounts the data folder of a stopped server, in memory that does not grow with it but for 13 to
 * 27 bytes an event.
 *
 * @throws BadConfig when the folder does not exist
 * @throws CorruptRegistry when its experiments cannot be read
 */
export async function verify(data: string): Promise<Verification> {
  const folder = join(data, "events");
  if (!existsSync(folder)) throw new BadConfig(`"${data}" is not a data folder: allowed is one with a folder events`);
  const registryPath = join(data, "experiments.json");
  const registry = await new ExperimentsFile(registryPath).read();
  const drifts = new Drifts();
  const assignments = new AssignmentCheck();
  const epochs = new KnownEpochs();
  const learn = (state: Experiment) => {
    assignments.learn(state);
    epochs.learn(state);
  };
  for (const experiment of registry?.experiments ?? []) learn(experiment);
  const history = await checkHistory(registryPath, registry ?? NEW_CONTENT, (drift) => drifts.add(drift), learn);
  const repeated = new RepeatedIds();
  const counters = await readCounts(folder);
  const checkpoints = { checked: 0, damaged: 0 };
  const segments = await listSegments(folder);
  let bytes = 0;
  let events = 0;
  let countedUpTo = 0;
  let reachedUpTo = counters === null || (counters.upTo.segment <= 1 && counters.upTo.offset === 0);

  for (const segment of segments) {
    const file = basename(segmentPath(folder, segment));
    const size = await segmentSize(folder, segment);
    const claim = await readClaim(folder, segment);
    const claimDrift = claim ? await contradiction(folder, segment, claim, size) : null;
    let prints = claim !== null && claimDrift === null;
    if (claimDrift !== null) drifts.add({ ...ABOUT_NO_LINE, kind: "checkpoint", ...claimDrift });
    if (claim) checkpoints.checked += 1;
    else if (existsSync(checkpointPath(folder, segment))) checkpoints.damaged += 1;

    let line = 0;
    let offset = 0;
    let stored = 0;
    const end = await scanLines(segmentPath(folder, segment), 0, size, (buffer, start, stop) => {
      line += 1;
      const at = { file, line, offset };
      offset += stop - start + 1;
      const id = idOfLine(buffer, start, stop);
      const event = id === null ? null : readEvent(buffer.toString("utf8", start, stop));
      if (event === null) drifts.add({ ...at, kind: "unreadable", id, detail: "the line is not an event" });
      if (id === null) return;
      if (prints && claim && offset <= claim.bytes) {
        const [wanted, found] = [claim.ids.at(stored), fingerprint(id, claim.seeds)];
        if (wanted.high !== found.high || wanted.low !== found.low) {
          drifts.add({ ...at, kind: "checkpoint", id, detail: "the checkpoint says another id" });
          prints = false;
        }
      }
      stored += 1;
      if (counters && isUpTo(segment, offset, counters)) countedUpTo += 1;
      repeated.suspect(id, fingerprint(id, SEEDS));
      if (event) for (const found of assignments.check(event)) drifts.add({ ...at, ...found, id });
    });
    if (end < size) {
      const detail = `${size - end} bytes without a line's end`;
      drifts.add({ kind: "torn", file, line: line + 1, offset: end, id: null, detail });
    }
    if (
      counters &&
      (counters.upTo.segment < segment || (counters.upTo.segment === segment && counters.upTo.offset <= end))
    )
      reachedUpTo = true;
    bytes += size;
    events += stored;
  }

  if (counters && !reachedUpTo) {
    const { segment, offset } = counters.upTo;
    const detail = `they were saved at byte ${offset} of segment ${segment}, before which the log ends`;
    drifts.add({ ...ABOUT_NO_LINE, kind: "counters", file: COUNTS_FILE, detail });
  } else if (counters && countedUpTo !== counters.stored) {
    const detail = `they say ${counters.stored} stored events, the log holds ${countedUpTo} up to there`;
    drifts.add({ ...ABOUT_NO_LINE, kind: "counters", file: COUNTS_FILE, detail });
  }
  for (const record of await unwritten(folder)) {
    const detail = `${record.bytes.length} bytes of it are not in segment ${record.segment} yet: the next start writes them`;
    drifts.add({ ...ABOUT_NO_LINE, kind: "journal", file: JOURNAL_FILE, detail });
  }
  const newest = segments.at(-1) ?? 0;
  const end = { segment: newest, offset: newest === 0 ? 0 : await segmentSize(folder, newest) };
  const sticky = await checkSticky(data, epochs, end);
  for (const [key, count] of sticky.wrong) {
    const detail = `${count} units of ${key} have another group there than by their exposures: delete the file, and the next start makes it again`;
    drifts.add({ ...ABOUT_NO_LINE, kind: "sticky", file: STICKY_FILE, detail });
  }
  if (repeated.hasSuspects) await findRepeated(folder, segments, repeated, drifts);
  return {
    ok: drifts.count === 0,
    folder: data,
    segments: segments.length,
    bytes,
    events,
    assignments: { checked: assignments.checked, unchecked: assignments.unchecked },
    checkpoints,
    sticky: { units: sticky.units, isThere: sticky.isThere },
    counters,
    history,
    drifts: drifts.count,
    details: drifts.kept,
  };
}

const ABOUT_NO_LINE = { line: null, offset: null, id: null };

function isUpTo(segment: number, offset: number, { upTo }: SavedCounts): boolean {
  return segment < upTo.segment || (segment === upTo.segment && offset <= upTo.offset);
}

/**
 * A checkpoint's disagreement with its segment as a whole, or null. A damaged one is not a drift:
 * the next start ignores it.
 */
async function contradiction(folder: string, segment: number, claim: Claim, size: number) {
  const file = basename(checkpointPath(folder, segment));
  if (claim.bytes > size) return { file, detail: `it was made of ${claim.bytes} bytes, the segment has ${size}` };
  if (!(await isOfLog(folder, segment, claim))) return { file, detail: "it was made of another segment" };
  return null;
}

/** Records of the journal that the log does not hold, as after a power cut. */
async function unwritten(folder: string): Promise<JournalRecord[]> {
  const content = await readFile(join(folder, JOURNAL_FILE)).catch(() => null);
  const missing: JournalRecord[] = [];
  for (const record of (content && readJournal(content)?.records) ?? []) {
    const { segment, offset, bytes } = record;
    const stored = await readAt(segmentPath(folder, segment), offset, bytes.length);
    if (!stored.equals(bytes)) missing.push(record);
  }
  return missing;
}

/** Bytes of a file; fewer at its end. */
async function readAt(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, "r").catch(() => null);
  if (!file) return Buffer.alloc(0);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function findRepeated(folder: string, segments: readonly number[], repeated: RepeatedIds, drifts: Drifts) {
  for (const segment of segments) {
    const path = segmentPath(folder, segment);
    let line = 0;
    let offset = 0;
    await scanLines(path, 0, await segmentSize(folder, segment), (buffer, start, stop) => {
      line += 1;
      const at = { file: basename(path), line, offset };
      offset += stop - start + 1;
      const id = idOfLine(buffer, start, stop);
      if (id === null || !repeated.isRepeated(id)) return;
      drifts.add({ ...at, kind: "duplicate", id, detail: "the id came before" });
    });
  }
}
