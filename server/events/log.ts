import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "../../core/event.ts";
import { syncFolder } from "../durable-file.ts";
import { Fingerprints } from "./fingerprints.ts";
import { cutTornTail, isLineStart, listSegments, type Position, readLines, segmentPath } from "./segments.ts";

export interface Appended {
  readonly stored: number;
  readonly duplicates: number;
}

export interface ReadOptions {
  /** Where to go on; null for the beginning. */
  readonly since: Position | null;
  /** Most events to return. */
  readonly limit: number;
  /** Only events that match. */
  readonly where: (event: Event) => boolean;
}

/** The append-only log of events: the only thing that is ever counted. */
export interface EventLog {
  /** Resolves when every event is durably stored, or was before. Rejects with StorageFailed when the disk does not take it. */
  append(events: readonly Event[]): Promise<Appended>;
  /** Events in log order; `next` is where to go on. Rejects with BadPosition when no event begins at `since`. */
  read(options: ReadOptions): Promise<{ events: Event[]; next: Position }>;
  /** Throws when the log cannot take events at present. */
  close(): Promise<void>;
}

/** The disk refused; nothing of the batch is in the log, and its events may be sent again. */
export class StorageFailed extends Error {}

/** Not a place where an event of the log begins. */
export class BadPosition extends Error {}

/** Events that go to disk in one write and one sync. */
interface Batch {
  readonly lines: string[];
  readonly ids: string[];
  readonly done: Promise<void>;
  readonly settle: (error?: Error) => void;
}

/** Without anybody waiting, as for assignments, a sync costs processor time only. */
const LONGEST_GATHER_MS = 5;
const SEGMENT_BYTES = 64 * 1024 * 1024;
/** A stored line begins with its id, so that ids are rebuilt without parsing the rest. */
const ID_AT_START = /^\{"id":"([^"\\]+)"/;

/**
 * Opens the log in a folder, creating it when needed: cuts a torn tail, rebuilds the ids, and goes on in the newest segment.
 *
 * One writer with group commit: whatever is queued is written at once and synced once, and only then acknowledged. A
 * resend of an id that is still on its way waits for that very write, so it is never acknowledged before its original.
 */
export async function openEventLog(folder: string, segmentBytes = SEGMENT_BYTES): Promise<EventLog> {
  await mkdir(folder, { recursive: true });
  const seed = randomBytes(8);
  const ids = new Fingerprints(seed.readUInt32LE(0), seed.readUInt32LE(4));
  const inFlight = new Map<string, Batch>();
  let segment = (await listSegments(folder)).at(-1) ?? 1;
  let file = await openSegment(folder, segment);
  await cutTornTail(folder, segment);
  let offset = (await file.stat()).size;
  for await (const { text } of readLines(folder, { segment: 0, offset: 0 }, { segment, offset })) {
    const id = ID_AT_START.exec(text)?.[1];
    if (id) ids.add(id);
  }

  let queue = newBatch();
  let writing: Promise<void> | null = null;
  /** False after a failed write: nobody knows what is on disk beyond the last sync. */
  let isSound = true;

  async function commit(batch: Batch): Promise<void> {
    const bytes = Buffer.from(`${batch.lines.join("\n")}\n`);
    try {
      if (!isSound) await cutBack();
      if (offset >= segmentBytes) await rotate();
      // A write near a full disk may take only a part.
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      }
      await file.datasync();
      offset += bytes.length;
      for (const id of batch.ids) ids.add(id);
      batch.settle();
    } catch (error) {
      isSound = false;
      // While the disk is still failing this fails too; the next batch tries it again before it writes.
      await cutBack().catch(() => undefined);
      batch.settle(new StorageFailed(`the event log cannot be written: ${(error as Error).message}`));
    } finally {
      for (const id of batch.ids) inFlight.delete(id);
    }
  }

  async function rotate(): Promise<void> {
    const next = await openSegment(folder, segment + 1);
    await file.close();
    file = next;
    segment += 1;
    offset = 0;
  }

  /** Opens the segment anew and cuts off what is beyond the last sync. */
  async function cutBack(): Promise<void> {
    await file.close().catch(() => undefined);
    file = await openSegment(folder, segment);
    await file.truncate(offset);
    isSound = true;
  }

  /** Lets requests that come together share a sync: waits as long as every turn of the event loop brings another event. */
  async function gather(): Promise<void> {
    const until = performance.now() + LONGEST_GATHER_MS;
    for (let before = 0; queue.lines.length > before && performance.now() < until; ) {
      before = queue.lines.length;
      await new Promise<void>((go) => setImmediate(go));
    }
  }

  async function writeAll(): Promise<void> {
    while (queue.lines.length > 0) {
      await gather();
      const batch = queue;
      queue = newBatch();
      await commit(batch);
    }
    writing = null;
  }

  return {
    async append(events) {
      const waiting: Batch[] = [];
      let stored = 0;
      for (const event of events) {
        let batch = inFlight.get(event.id);
        if (!batch) {
          if (ids.has(event.id)) continue;
          batch = queue;
          batch.lines.push(JSON.stringify(event));
          batch.ids.push(event.id);
          inFlight.set(event.id, batch);
          stored += 1;
        }
        if (waiting.at(-1) !== batch) waiting.push(batch);
      }
      if (stored > 0) writing ??= writeAll();
      for (const batch of waiting) await batch.done;
      return { stored, duplicates: events.length - stored };
    },
    async read({ since, limit, where }) {
      const events: Event[] = [];
      let next = since ?? { segment: 0, offset: 0 };
      if (!(await isLineStart(folder, next))) throw new BadPosition(`no event begins after ${next.offset} bytes`);
      for await (const { text, end } of readLines(folder, next, { segment, offset })) {
        if (events.length === limit) break;
        const event = JSON.parse(text) as Event;
        if (where(event)) events.push(event);
        next = end;
      }
      return { events, next };
    },
    async close() {
      await writing;
      await file.close();
    },
  };
}

function newBatch(): Batch {
  let settle: Batch["settle"] = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve());
  });
  // Nobody may be waiting (an assignment's event): a failed write must not end the process.
  done.catch(() => undefined);
  return { lines: [], ids: [], done, settle };
}

async function openSegment(folder: string, segment: number): Promise<FileHandle> {
  const path = segmentPath(folder, segment);
  try {
    return await open(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const file = await open(path, "wx+");
  await syncFolder(folder);
  await syncFolder(join(folder, ".."));
  return file;
}
