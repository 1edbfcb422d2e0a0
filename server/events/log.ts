import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "../../core/event.ts";
import { type EventText, idEnd, idStart, writeEvent } from "../../core/event-text.ts";
import { fingerprintIn } from "../../core/sticky/fingerprint.ts";
import { syncFolder } from "../files/durable-file.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { Accounting, type Counts, readCounts, saveCounts } from "./accounting.ts";
import { dropStaleCompressed } from "./compress-segment.ts";
import { dropFromNotes } from "./drop-lines.ts";
import { DROPPED_FIELDS_FILE, type DroppedField, DroppedFields } from "./dropped-fields.ts";
import { type Exposed, ExposedToday, type PresentOf } from "./exposed-today.ts";
import { type Batch, GroupCommit } from "./group-commit.ts";
import { JOURNAL_FILE } from "./journal.ts";
import { KnownIds } from "./known-ids.ts";
import { notesOf } from "./notes.ts";
import { BadPosition } from "./position.ts";
import { type RecentVisits, VisitWatch } from "./recent-visits.ts";
import { REJECTED_FILES, RejectedFile, type Rejection } from "./rejected-file.ts";
import type { Removal } from "./removal.ts";
import { replay } from "./replay.ts";
import { positionBefore, readEvent } from "./scan-log.ts";
import { NameWatch, type SeenNames } from "./seen-names.ts";
import { SegmentWriter, StorageFailed } from "./segment-writer.ts";
import { diskBytes, isLineStart, listSegments, type Position, readBytes, readLines } from "./segments.ts";

export { StorageFailed } from "./segment-writer.ts";

export interface Appended {
  readonly stored: number;
  readonly duplicates: number;
}

export interface ReadOptions {
  /** Position to continue from; null for the beginning. */
  readonly since: Position | null;
  /** Maximum number of events to return. */
  readonly limit: number;
  /** Only events that match. */
  readonly where: (event: Event) => boolean;
}

/** Outcomes of events and the state of the log; see `Accounting` for what survives a restart. */
export interface LogState extends Counts {
  readonly received: number;
  /** Received events without an outcome yet: on their way to the disk. */
  readonly waiting: number;
  /** Lines of the log that are not events. */
  readonly unreadable: number;
  /**
   * Rejections since the start that were only counted, because the file of rejected events was
   * full.
   */
  readonly rejectedNotKept: number;
  /** Fields of accepted events that were cut or set aside, most frequent first. */
  readonly droppedFields: readonly DroppedField[];
  /** Bytes on the disk, without compacted copies. */
  readonly logBytes: number;
  /** Quota of the log; Infinity for none. */
  readonly maxLogBytes: number;
  /** `little`: no more assignments are recorded. `none`: no event is stored. */
  readonly room: "enough" | "little" | "none";
  readonly lastError: { readonly at: string; readonly message: string } | null;
}

/** A removal from closed segments, or their archiving. */
export interface ClosedChange {
  /** Events that the log has less. */
  readonly events: number;
  /** The removed part; null if segments were moved as they were. */
  readonly removal: Removal | null;
}

/** Append-only log of events: the only source of counts. */
export interface EventLog {
  /**
   * Resolves when every event is durably stored, now or before. Rejects with StorageFailed when the
   * disk fails, and with Overloaded when too many events wait for it; they may then be sent again.
   */
  append(events: readonly Event[]): Promise<Appended>;
  /** Appends events that are already serialised. */
  record(events: readonly EventText[]): Promise<Appended>;
  /** Counts rejected events, and keeps them with their reasons. */
  reject(rejections: readonly Rejection[]): void;
  /** Counts fields of an event that were cut or set aside. `input` is the event as received. */
  dropFields(fields: readonly string[], event: string, input: unknown): void;
  /** Counts events that are dropped: rate limit, bot, or the global switch is off. */
  drop(outcome: "shed" | "bot" | "off", events: number): void;
  /**
   * Events in log order; `next` is where to continue. Rejects with BadPosition when no event begins
   * at `since`.
   */
  read(options: ReadOptions): Promise<{ events: Event[]; next: Position }>;
  /** Where the newest `bytes` of the log begin, at the start of a line. */
  newest(bytes: number): Promise<Position>;
  /**
   * Number that grows when closed segments have changed: earlier positions may be within a line,
   * and events that were read before may be forgotten.
   */
  rewrites(): number;
  /** The stored lines as bytes, up to the end at the time of the call. */
  raw(): AsyncGenerator<Uint8Array>;
  state(): LogState;
  /** The state's `room`; cheap, for every request. */
  room(): LogState["room"];
  /** Devices exposed since midnight (UTC), of known experiments. */
  exposedToday(now: Date, presentOf: PresentOf): Promise<Exposed>;
  /** Event names and page paths of the last 24 hours, from the newest part of the log. */
  seenNames(now: Date): Promise<SeenNames>;
  /** Position of the next event. */
  end(): Position;
  /** Visits that began after a position in the log. */
  visitsSince(from: Position): Promise<RecentVisits>;
  /** Records a device's request for groups that are already in the log. */
  visitBegan(deviceId: string, path: string): void;
  /**
   * Calls `listener` with the lines of each batch once they are durable, and the end of the log.
   */
  onStored(listener: (lines: Buffer, end: Position) => void): void;
  /**
   * Closes the open segment, so that everything stored so far is in closed ones, and overwrites the
   * journal. Resolves to the number of the open segment. Rejects with StorageFailed.
   */
  cut(): Promise<number>;
  /** Follows a removal from closed segments, or their archiving, in what was derived from them. */
  follow(change: ClosedChange): Promise<void>;
  /** Takes the bytes of closed segments anew: they were compressed, rewritten or archived. */
  measure(): Promise<void>;
  /** Stores the events appended so far; later ones are rejected. */
  close(): Promise<void>;
}

/**
 * Too many events wait for the disk; the event was not stored, and may be sent again in a second.
 */
export class Overloaded extends Error {}

/** The log has its quota: no event is stored until there is room. */
export class LogFull extends Error {}

/** Share of the quota above which no more assignments are recorded, so that events have room. */
const NEARLY_FULL = 0.95;

export interface LogOptions {
  /** Largest size in bytes; Infinity for any. */
  readonly maxBytes: number;
  /** False if the disk is full except for the admin's reserve. */
  readonly hasSpace: () => boolean;
  /** Size after which a new segment begins. */
  readonly segmentBytes: number;
  /** Limit of events and bytes waiting for the disk; as many may be in the current write. */
  readonly mostWaiting: { readonly events: number; readonly bytes: number };
}

const LOG_OPTIONS: LogOptions = {
  maxBytes: Number.POSITIVE_INFINITY,
  hasSpace: () => true,
  segmentBytes: 32 * 1024 * 1024,
  // Some 0.1 s of the fastest load measured: senders give up on longer waits and send again.
  mostWaiting: { events: 20_000, bytes: 8 * 1024 * 1024 },
};

const SAVE_COUNTS_MS = 10_000;

/**
 * Opens the log in a folder, which is created when missing: cuts off a torn tail, rebuilds the IDs,
 * and appends to the newest segment.
 *
 * One writer with group commit: the whole queue is written at once, synced once, and only then
 * acknowledged. A resend of a pending ID waits for that very write, so it is never acknowledged
 * before its original.
 */
export async function openEventLog(folder: string, options: Partial<LogOptions> = {}): Promise<EventLog> {
  const { segmentBytes, mostWaiting, maxBytes, hasSpace } = { ...LOG_OPTIONS, ...options };
  await mkdir(folder, { recursive: true });
  await syncFolder(join(folder, ".."));
  const onFull = (segment: number, bytes: number) => {
    closedBytes += bytes;
    ids.finishSegment(segment, bytes);
  };
  await dropStaleCompressed(folder);
  const { journal, homeless } = await replay(folder);
  const newest = (await listSegments(folder)).at(-1) ?? 1;
  const writer = await SegmentWriter.open(folder, newest, { segmentBytes, onFull, journal });
  const ids = await KnownIds.rebuild(folder, writer.end);
  let closedBytes = await diskBytes(folder, newest);
  const before = await readCounts(folder);
  const accounting = new Accounting({
    duplicate: 0,
    rejected: 0,
    shed: 0,
    bot: 0,
    off: 0,
    ...before,
    stored: ids.total.stored,
  });
  const rejectedFile = await RejectedFile.open(folder);
  const dropped = await DroppedFields.open(folder);
  let exposed = new ExposedToday(folder);
  let visits = new VisitWatch(folder);
  let names = new NameWatch(folder);
  let rewrites = 0;
  let lastError: LogState["lastError"] = null;
  if (homeless > 0) reportError(`${homeless} writes of ${JOURNAL_FILE} belong behind the end of the log`);
  if (before && before.stored > ids.total.stored) {
    reportError(
      `the log holds ${ids.total.stored} events, but ${before.stored} were stored when the counters were last saved`,
    );
  }

  const storedListeners: ((lines: Buffer, end: Position) => void)[] = [];
  const commits = new GroupCommit(commit, account);
  let closing: Promise<void> | null = null;
  const saveTimer = setInterval(() => void saveCountsNow(), SAVE_COUNTS_MS).unref();

  function reportError(message: string): void {
    lastError = { at: new Date().toISOString(), message };
  }

  /** One use of the writer at a time. */
  const writes = new PromiseQueue();
  async function commit(batch: Batch): Promise<void> {
    await writes.run(() => writer.append(batch.lines));
    const { list } = batch.ids;
    for (let i = 0; i < list.length; i += 1) ids.add(list.at(i));
    for (const listener of storedListeners) listener(batch.lines.bytes, writer.end);
  }

  function account(batch: Batch, error: Error | undefined): void {
    accounting.settle(error ? "shed" : "stored", batch.lines.count);
    accounting.settle(error ? "shed" : "duplicate", batch.resends);
    if (error) reportError(error.message);
  }

  /** Saves the counts and the end of the log of the same moment, one save after the other. */
  const saves = new PromiseQueue();
  let savedText = JSON.stringify(accounting.counts);
  function saveCountsNow(): Promise<void> {
    return saves.run(async () => {
      const { counts } = accounting;
      try {
        await dropped.save();
        if (JSON.stringify(counts) === savedText) return;
        await saveCounts(folder, { ...counts, upTo: writer.end });
        savedText = JSON.stringify(counts);
      } catch (error) {
        reportError(`the counters cannot be saved: ${(error as Error).message}`);
      }
    });
  }

  /** Room that a number of bytes leaves in the log. */
  function roomFor(bytes: number): LogState["room"] {
    const size = closedBytes + writer.end.offset + bytes;
    if (size > maxBytes || !hasSpace()) return "none";
    return size > NEARLY_FULL * maxBytes ? "little" : "enough";
  }

  /** Why no events can be accepted now, or null. */
  function obstacle(events: readonly EventText[]): Error | null {
    if (closing) return new Overloaded("the event log is closing");
    const { queue } = commits;
    const bytes = events.reduce((sum, { start, end }) => sum + end - start, queue.lines.byteLength);
    if (roomFor(bytes) === "none") return new LogFull("the event log has no room; nothing was stored");
    if (queue.lines.count + events.length <= mostWaiting.events && bytes <= mostWaiting.bytes) return null;
    return new Overloaded("more events are waiting for the disk than it takes");
  }

  async function record(events: readonly EventText[]): Promise<Appended> {
    accounting.receive(events.length);
    const error = obstacle(events);
    if (error) {
      accounting.settle("shed", events.length);
      throw error;
    }
    const batches: Batch[] = [];
    let stored = 0;
    let known = 0;
    for (const event of events) {
      const fingerprint = fingerprintIn(event.text, idStart(event), idEnd(event), ids.seeds);
      let batch = commits.batchOf(fingerprint);
      if (batch) {
        batch.resends += 1;
      } else {
        if (ids.has(fingerprint)) {
          known += 1;
          continue;
        }
        batch = commits.add(event, fingerprint);
        stored += 1;
      }
      if (batches.at(-1) !== batch) batches.push(batch);
    }
    accounting.settle("duplicate", known);
    for (const batch of batches) await batch.done;
    return { stored, duplicates: events.length - stored };
  }

  return {
    record,
    append: (events) => record(events.map(writeEvent)),
    reject(rejections) {
      const at = new Date().toISOString();
      accounting.receive(rejections.length);
      accounting.settle("rejected", rejections.length);
      for (const rejection of rejections) rejectedFile.keep(at, rejection);
    },
    dropFields(fields, event, input) {
      dropped.count(fields, event, input, new Date().toISOString());
    },
    drop(outcome, events) {
      accounting.receive(events);
      accounting.settle(outcome, events);
    },
    async read({ since, limit, where }) {
      const events: Event[] = [];
      let next = since ?? { segment: 0, offset: 0 };
      if (!(await isLineStart(folder, next))) throw new BadPosition(`no event begins after ${next.offset} bytes`);
      for await (const { text, end } of readLines(folder, next, writer.end)) {
        if (events.length === limit) break;
        const event = readEvent(text);
        if (event && where(event)) events.push(event);
        next = end;
      }
      return { events, next };
    },
    async newest(bytes) {
      const from = await positionBefore(folder, writer.end, bytes);
      if (await isLineStart(folder, from)) return from;
      for await (const { end } of readLines(folder, from, writer.end)) return end;
      return writer.end;
    },
    rewrites: () => rewrites,
    raw: () => readBytes(folder, writer.end),
    state: () => ({
      ...accounting.counts,
      unreadable: ids.total.unreadable,
      rejectedNotKept: rejectedFile.dropped,
      droppedFields: dropped.list,
      logBytes: closedBytes + writer.end.offset,
      maxLogBytes: maxBytes,
      room: roomFor(0),
      lastError,
    }),
    room: () => roomFor(0),
    exposedToday: (now, presentOf) => exposed.count(writer.end, now, presentOf),
    seenNames: (now) => names.seen(writer.end, now),
    end: () => writer.end,
    visitBegan(deviceId, path) {
      const { segment, offset } = writer.end;
      // The position between the last line and the next.
      const position = { segment, offset: offset + 1 };
      visits.began(deviceId, { position, at: new Date().toISOString(), path });
    },
    onStored: (listener) => void storedListeners.push(listener),
    visitsSince: (from) => visits.since(from, writer.end),
    async cut() {
      if (closing) throw new StorageFailed("the event log is closing");
      await writes.run(() => writer.cut());
      await ids.idle();
      return writer.end.segment;
    },
    async measure() {
      const { segment } = writer.end;
      try {
        const bytes = await diskBytes(folder, segment);
        if (writer.end.segment === segment) closedBytes = bytes;
      } catch (error) {
        reportError(`the log cannot be measured: ${(error as Error).message}`);
      }
    },
    async follow({ events, removal }) {
      accounting.receive(-events);
      accounting.settle("stored", -events);
      rewrites += 1;
      exposed = new ExposedToday(folder);
      visits = new VisitWatch(folder);
      names = new NameWatch(folder);
      if (removal !== null) {
        const isDropped = notesOf(removal);
        dropped.drop(isDropped);
        await rejectedFile.drop(isDropped);
        await dropFromNotes(folder, removal, [...REJECTED_FILES, DROPPED_FIELDS_FILE]);
      }
      await saveCountsNow();
    },
    close() {
      closing ??= (async () => {
        clearInterval(saveTimer);
        await commits.idle();
        await rejectedFile.flush();
        await saveCountsNow();
        await ids.save(writer.end);
        await writer.close();
      })();
      return closing;
    },
  };
}
