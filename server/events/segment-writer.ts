import type { FileHandle } from "node:fs/promises";
import { cutTornTail, openSegment, type Position } from "./segments.ts";

/** The disk refused; nothing of what was to be written is in the log, and its events may be sent again. */
export class StorageFailed extends Error {}

/** Told of a segment that will not change any more. */
export type OnFull = (segment: number, bytes: number) => void;

/**
 * Appends to the newest segment of a folder, and goes on in the next one when it is full. One call at a time.
 *
 * After an error nobody knows what is on disk beyond the last sync: after a failed fsync the kernel may have dropped the
 * pages and call them clean, so that a second fsync succeeds without them. The segment is then opened anew, cut back to
 * what is known to be durable, and everything later is written again by whoever still has it.
 */
export class SegmentWriter {
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #onFull: OnFull;
  #segment: number;
  #file: FileHandle;
  #offset: number;
  #isSound = true;

  private constructor(folder: string, segmentBytes: number, onFull: OnFull, file: FileHandle, at: Position) {
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
    this.#onFull = onFull;
    this.#file = file;
    this.#segment = at.segment;
    this.#offset = at.offset;
  }

  /** Opens a segment, cutting off a torn tail. */
  static async open(folder: string, segment: number, segmentBytes: number, onFull: OnFull): Promise<SegmentWriter> {
    const file = await openSegment(folder, segment);
    await cutTornTail(folder, segment);
    const { size } = await file.stat();
    return new SegmentWriter(folder, segmentBytes, onFull, file, { segment, offset: size });
  }

  /** How far the log is durable. */
  get end(): Position {
    return { segment: this.#segment, offset: this.#offset };
  }

  /** Resolves when the bytes are durable. Rejects with StorageFailed when they are not, and are not in the log either. */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      if (!this.#isSound) await this.#cutBack();
      if (this.#offset >= this.#segmentBytes) await this.#rotate();
      // A write near a full disk may take only a part.
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#offset + done);
        if (bytesWritten === 0) throw new Error("the disk took nothing");
        done += bytesWritten;
      }
      await this.#file.datasync();
      this.#offset += bytes.length;
    } catch (error) {
      this.#isSound = false;
      // While the disk is still failing this fails too; the next append tries it again before it writes.
      await this.#cutBack().catch(() => undefined);
      throw new StorageFailed(`the event log cannot be written: ${(error as Error).message}`);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #rotate(): Promise<void> {
    await this.#file.sync();
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
    // All of it is durable; an error now would change nothing.
    await full.close().catch(() => undefined);
    this.#onFull(end.segment, end.offset);
  }

  /** Opens the segment anew and cuts off what is beyond the last sync. */
  async #cutBack(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    this.#file = await openSegment(this.#folder, this.#segment);
    await this.#file.truncate(this.#offset);
    this.#isSound = true;
  }
}
