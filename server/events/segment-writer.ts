import { type FileHandle, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAll, writeDurably } from "../files/write-all.ts";
import { JOURNAL_FILE, Journal } from "./journal.ts";
import type { LineBuffer } from "./line-buffer.ts";
import { cutTornTail, openSegment, type Position, segmentPath } from "./segments.ts";

/** The disk failed: nothing of the write is in the log, so its events may be sent again. */
export class StorageFailed extends Error {}

/** Called with a segment that will not change any more. */
export type OnFull = (segment: number, bytes: number) => void;

export interface WriterOptions {
  readonly segmentBytes: number;
  readonly onFull: OnFull;
  /** Journal of the folder, without records; null if it has none yet. */
  readonly journal: Journal | null;
}

/** Appended bytes from which a log gets a journal, which takes 8 MiB. */
const BYTES_BEFORE_JOURNAL = 64 * 1024;

/**
 * Appends to the newest segment of a folder, and to a new one when it is full. One call at a time.
 *
 * After an error the disk's contents beyond the last sync are unknown: after a failed fsync the
 * kernel may have dropped the pages and marked them clean, so that a second fsync succeeds without
 * them. The segment is then opened again and cut back to its durable length, and later events are
 * written again by their senders.
 */
export class SegmentWriter {
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #onFull: OnFull;
  #segment: number;
  #file: FileHandle;
  #offset: number;
  #isSound = true;
  #journal: Journal | null;
  /** Pending creation of the journal. */
  #making: Promise<void> | null = null;
  #appendedBytes = 0;

  private constructor(
    folder: string,
    { segmentBytes, onFull, journal }: WriterOptions,
    file: FileHandle,
    { segment, offset }: Position,
  ) {
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
    this.#onFull = onFull;
    this.#journal = journal;
    this.#file = file;
    this.#segment = segment;
    this.#offset = offset;
  }

  /** Opens a segment, cutting off a torn tail. */
  static async open(folder: string, segment: number, options: WriterOptions): Promise<SegmentWriter> {
    const file = await openSegment(folder, segment);
    await cutTornTail(segmentPath(folder, segment));
    const { size } = await file.stat();
    return new SegmentWriter(folder, options, file, { segment, offset: size });
  }

  /** End of the durable log. */
  get end(): Position {
    return { segment: this.#segment, offset: this.#offset };
  }

  /**
   * Resolves when the lines are durable. Rejects with StorageFailed when they are not; they are
   * then not in the log either.
   */
  async append(lines: LineBuffer): Promise<void> {
    const { bytes, frame } = lines;
    try {
      if (!this.#isSound) await this.#cutBack();
      if (this.#offset >= this.#segmentBytes) await this.#rotate();
      if (this.#journal && Journal.takes(frame.length)) {
        // Await both: an error of one must not leave the other writing.
        const [inSegment, inJournal] = await Promise.allSettled([
          writeAll(this.#file, bytes, this.#offset),
          this.#journal.write(frame, this.#segment, this.#offset, () => this.#file.datasync()),
        ]);
        if (inSegment.status === "rejected") throw inSegment.reason;
        if (inJournal.status === "rejected") throw inJournal.reason;
      } else {
        await writeDurably(this.#file, bytes, this.#offset);
      }
      this.#offset += bytes.length;
      this.#appendedBytes += bytes.length;
      if (this.#appendedBytes >= BYTES_BEFORE_JOURNAL) this.#making ??= this.#makeJournal();
    } catch (error) {
      this.#isSound = false;
      // This fails too while the disk is failing; the next append retries before it writes.
      await this.#cutBack().catch(() => undefined);
      throw new StorageFailed(`the event log cannot be written: ${(error as Error).message}`);
    }
  }

  /**
   * Ends the open segment if it has lines, and overwrites the journal's copies of them. Rejects
   * with StorageFailed.
   */
  async cut(): Promise<void> {
    try {
      if (!this.#isSound) await this.#cutBack();
      if (this.#offset > 0) await this.#rotate();
      await this.#making;
      await this.#journal?.scrub();
    } catch (error) {
      this.#isSound = false;
      throw new StorageFailed(`the event log cannot begin another segment: ${(error as Error).message}`);
    }
  }

  async close(): Promise<void> {
    await this.#making;
    if (this.#isSound && this.#journal) {
      // On a failing disk the records are kept for the next start.
      await this.#finishJournal().catch(() => undefined);
    }
    await this.#journal?.close();
    await this.#file.close();
  }

  /** Errors are ignored and not retried: without a journal appending is only slower. */
  async #makeJournal(): Promise<void> {
    if (this.#journal) return;
    try {
      this.#journal = await Journal.create(this.#folder);
    } catch {
      await rm(join(this.#folder, JOURNAL_FILE), { force: true }).catch(() => undefined);
    }
  }

  /** Syncs the segment, so that the journal's records are no longer needed. */
  async #finishJournal(): Promise<void> {
    await this.#journal?.idle();
    await this.#file.datasync();
    await this.#journal?.restart();
  }

  async #rotate(): Promise<void> {
    await this.#file.sync();
    await this.#finishJournal();
    const next = await openSegment(this.#folder, this.#segment + 1);
    const size = await next.stat().then(
      (stats) => stats.size,
      async (error) => {
        await next.close();
        throw error;
      },
    );
    if (size > 0) {
      await next.close();
      throw new Error(`segment ${this.#segment + 1} exists already, and is not empty`);
    }
    const full = this.#file;
    const end = this.end;
    this.#file = next;
    this.#segment += 1;
    this.#offset = 0;
    // Everything in it is durable: ignore errors of closing it.
    await full.close().catch(() => undefined);
    this.#onFull(end.segment, end.offset);
  }

  /**
   * Opens the segment again, cuts off everything beyond the last durable write, and repeats the
   * writes that may not have reached it.
   */
  async #cutBack(): Promise<void> {
    await this.#journal?.idle();
    await this.#file.close().catch(() => undefined);
    this.#file = await openSegment(this.#folder, this.#segment);
    await this.#file.truncate(this.#offset);
    if (this.#journal) {
      const records = (await this.#journal.read()).filter(({ segment }) => segment === this.#segment);
      for (const { offset, bytes } of records) {
        // The last record may be of the write that failed.
        if (offset + bytes.length <= this.#offset) await writeAll(this.#file, bytes, offset);
      }
      await this.#finishJournal();
    }
    this.#isSound = true;
  }
}
