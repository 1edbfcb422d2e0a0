import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { syncFolder } from "../files/durable-file.ts";
import { writeDurably } from "../files/write-all.ts";

export const JOURNAL_FILE = "journal";

/** Bytes before a record's data; the caller leaves room for them. */
export const FRAME_BYTES = 32;
/** A block of its own, so that no torn record can overwrite it. */
const HEAD_BYTES = 4096;
/** The amount that a busy server writes in 0.1 s. */
const HALF_BYTES = 4 * 1024 * 1024;
const FILE_BYTES = HEAD_BYTES + 2 * HALF_BYTES;
const MAGIC = 0x66736a31;

/** Bytes that belong at a position of the log. */
export interface JournalRecord {
  readonly segment: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * A second copy of the log's last writes, in a file whose blocks are allocated beforehand.
 *
 * A segment grows, so syncing it waits for the file system's own journal: 1.4 ms beside a busy
 * server on two cores, where overwriting takes 0.2 ms. Each write therefore goes to both files, and
 * is durable once the journal is synced. A segment is synced only when half of the journal is full,
 * while the other half takes over. After a power cut the records are written to their positions
 * again; that is idempotent.
 */
export class Journal {
  readonly #file: FileHandle;
  /** Records of another generation are obsolete. */
  #generation: number;
  #sequence = 0;
  #half: 0 | 1 = 0;
  #used = 0;
  /** Sync of the segments for the half that is not being written. */
  #synced: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, generation: number) {
    this.#file = file;
    this.#generation = generation;
  }

  /** Creates an empty journal of full size in a folder, durably. */
  static async create(folder: string): Promise<Journal> {
    const file = await open(join(folder, JOURNAL_FILE), "w+");
    try {
      // Write the blocks: the first write to a merely reserved block changes metadata.
      await writeDurably(file, Buffer.alloc(FILE_BYTES), 0);
      await syncFolder(folder);
      const journal = new Journal(file, 0);
      await journal.restart();
      return journal;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Journal of a folder with its records, oldest first; null when it is missing or incomplete. */
  static async open(folder: string): Promise<{ journal: Journal; records: JournalRecord[] } | null> {
    const content = await readFile(join(folder, JOURNAL_FILE)).catch(() => null);
    const read = content && readJournal(content);
    if (!read) return null;
    const journal = new Journal(await open(join(folder, JOURNAL_FILE), "r+"), read.generation);
    return { journal, records: read.records };
  }

  /** Whether this many bytes, frame included, fit into a record. */
  static takes(bytes: number): boolean {
    return bytes <= HALF_BYTES;
  }

  /**
   * Resolves when a record is durable. `frame` is FRAME_BYTES that this method fills in, followed
   * by the data. `syncSegments` makes all earlier writes to the segments durable.
   */
  async write(frame: Buffer, segment: number, offset: number, syncSegments: () => Promise<void>): Promise<void> {
    if (this.#used + frame.length > HALF_BYTES) {
      await this.#synced;
      this.#synced = syncSegments();
      // It is awaited when this half is full as well.
      this.#synced.catch(() => undefined);
      this.#half = this.#half === 0 ? 1 : 0;
      this.#used = 0;
    }
    this.#sequence += 1;
    frame.writeUInt32LE(MAGIC, 0);
    frame.writeUInt32LE(this.#generation, 4);
    frame.writeUInt32LE(this.#sequence, 8);
    frame.writeUInt32LE(segment, 12);
    frame.writeDoubleLE(offset, 16);
    frame.writeUInt32LE(frame.length - FRAME_BYTES, 24);
    frame.writeUInt32LE(crcOf(frame), 28);
    await writeDurably(this.#file, frame, startOf(this.#half) + this.#used);
    this.#used += frame.length;
  }

  /** Resolves when no sync is pending; ignores its errors. */
  async idle(): Promise<void> {
    await this.#synced.catch(() => undefined);
  }

  /** The records since the last restart, oldest first. */
  async read(): Promise<JournalRecord[]> {
    const content = Buffer.alloc(FILE_BYTES);
    await this.#file.read(content, 0, FILE_BYTES, 0);
    return readJournal(content)?.records ?? [];
  }

  /** Discards the records: their data is durable in the segments, or is not wanted. */
  async restart(): Promise<void> {
    await this.idle();
    const head = Buffer.alloc(12);
    head.writeUInt32LE(MAGIC, 0);
    head.writeUInt32LE((this.#generation + 1) >>> 0, 4);
    head.writeUInt32LE(crc32(head.subarray(0, 8)), 8);
    await writeDurably(this.#file, head, 0);
    this.#generation = (this.#generation + 1) >>> 0;
    this.#half = 0;
    this.#used = 0;
    this.#synced = Promise.resolve();
  }

  /** Overwrites the bytes of discarded records, durably. No write may be pending. */
  async scrub(): Promise<void> {
    await this.restart();
    await writeDurably(this.#file, Buffer.alloc(2 * HALF_BYTES), HEAD_BYTES);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Generation and records of a journal's content; null when it is invalid or incomplete. */
export function readJournal(content: Buffer): { generation: number; records: JournalRecord[] } | null {
  if (content.length !== FILE_BYTES || content.readUInt32LE(0) !== MAGIC) return null;
  if (content.readUInt32LE(8) !== crc32(content.subarray(0, 8))) return null;
  const generation = content.readUInt32LE(4);
  const halves = ([0, 1] as const).map((half) => recordsOf(content, startOf(half), generation));
  // Each half is in order, and one is newer than the other.
  const records = halves
    .filter(({ length }) => length > 0)
    .sort(([a], [b]) => (a?.sequence ?? 0) - (b?.sequence ?? 0))
    .flat();
  return { generation, records };
}

/** Records of a half up to the first one that is out of sequence or damaged. */
function recordsOf(content: Buffer, start: number, generation: number): (JournalRecord & { sequence: number })[] {
  const records: (JournalRecord & { sequence: number })[] = [];
  const end = start + HALF_BYTES;
  for (let at = start; at + FRAME_BYTES <= end; ) {
    const length = content.readUInt32LE(at + 24);
    if (content.readUInt32LE(at) !== MAGIC || at + FRAME_BYTES + length > end) break;
    const frame = content.subarray(at, at + FRAME_BYTES + length);
    const sequence = frame.readUInt32LE(8);
    const last = records.at(-1)?.sequence;
    if (frame.readUInt32LE(4) !== generation || (last !== undefined && sequence !== last + 1)) break;
    if (frame.readUInt32LE(28) !== crcOf(frame)) break;
    records.push({
      segment: frame.readUInt32LE(12),
      offset: frame.readDoubleLE(16),
      bytes: frame.subarray(FRAME_BYTES),
      sequence,
    });
    at += frame.length;
  }
  return records;
}

/** CRC of a whole record except the four bytes of the CRC itself. */
function crcOf(frame: Buffer): number {
  return crc32(frame.subarray(FRAME_BYTES), crc32(frame.subarray(0, FRAME_BYTES - 4)));
}

function startOf(half: 0 | 1): number {
  return HEAD_BYTES + half * HALF_BYTES;
}
