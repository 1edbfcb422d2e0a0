import { randomBytes } from "node:crypto";
import { type Fingerprint, fingerprint, type Seeds } from "../../core/sticky/fingerprint.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { FingerprintList } from "./fingerprint-list.ts";
import { RecentIds } from "./recent-ids.ts";
import { idOfLine, listSegments, type Position, scanLines, segmentPath, segmentSize } from "./segments.ts";

/** Reading fewer lines takes less time than writing a checkpoint durably. */
const MIN_LINES = 1000;

/** IDs of a log: rebuilt when it is opened, with checkpoints that make this fast. */
export class KnownIds {
  readonly #folder: string;
  readonly #seeds: Seeds;
  readonly #recent = new RecentIds();
  /** IDs of the newest segment. */
  #list = new FingerprintList();
  #unreadable = 0;
  /** IDs of all segments. */
  #total = { stored: 0, unreadable: 0 };
  readonly #saves = new PromiseQueue();

  private constructor(folder: string, seeds: Seeds) {
    this.#folder = folder;
    this.#seeds = seeds;
  }

  /** Reads the checkpoints of a folder up to `end`, and the log where there are none. */
  static async rebuild(folder: string, end: Position): Promise<KnownIds> {
    // Newest first: IDs beyond the guaranteed number may be forgotten and need not be read at all.
    const segments = (await listSegments(folder)).filter((segment) => segment <= end.segment).reverse();
    const known = new KnownIds(folder, await seedsOf(folder, segments));
    const lists: FingerprintList[] = [];
    let held = 0;
    for (const segment of segments) {
      const bytes = segment === end.segment ? end.offset : await segmentSize(folder, segment);
      const { stored, unreadable, ids } = await known.#readSegment(segment, bytes, segment < end.segment);
      known.#total.stored += stored;
      known.#total.unreadable += unreadable;
      if (segment === end.segment) {
        known.#list = ids;
        known.#unreadable = unreadable;
      }
      if (held < known.#recent.guaranteed) lists.push(ids);
      held += ids.length;
    }
    for (const ids of lists.reverse()) for (let i = 0; i < ids.length; i += 1) known.#recent.add(ids.at(i));
    return known;
  }

  /** Lines found in the log when it was opened. */
  get total(): { readonly stored: number; readonly unreadable: number } {
    return this.#total;
  }

  get seeds(): Seeds {
    return this.#seeds;
  }

  fingerprint(id: string): Fingerprint {
    return fingerprint(id, this.#seeds);
  }

  has(id: Fingerprint): boolean {
    return this.#recent.has(id);
  }

  /** Adds an ID that was stored in the newest segment. */
  add(id: Fingerprint): void {
    this.#recent.add(id);
    this.#list.push(id);
  }

  /** Writes the checkpoint of a full segment; IDs added from now on belong to the next one. */
  finishSegment(segment: number, bytes: number): void {
    const list = this.#list;
    this.#list = new FingerprintList();
    const unreadable = this.#unreadable;
    this.#unreadable = 0;
    void this.#saves.run(() => this.#write(segment, bytes, list, unreadable));
  }

  /** Resolves when the checkpoints of full segments are written. */
  idle(): Promise<void> {
    return this.#saves.idle();
  }

  /** Writes the checkpoint of the newest segment after the pending ones. */
  async save({ segment, offset }: Position): Promise<void> {
    await this.#saves.idle();
    if (this.#list.length >= MIN_LINES) await this.#write(segment, offset, this.#list, this.#unreadable);
  }

  /** Errors are ignored: without a checkpoint only the next start takes longer. */
  async #write(segment: number, bytes: number, ids: FingerprintList, unreadable: number): Promise<void> {
    const checkpoint = { bytes, stored: ids.length, unreadable, seeds: this.#seeds, ids };
    await writeCheckpoint(this.#folder, segment, checkpoint).catch(() => undefined);
  }

  /**
   * Contents of a segment up to `bytes`: its checkpoint, and a scan of the rest. Writes a
   * checkpoint for a full segment.
   */
  async #readSegment(segment: number, bytes: number, isFull: boolean): Promise<Checkpoint> {
    const before = await readCheckpoint(this.#folder, segment);
    const { high, low } = this.#seeds;
    const isUsable = before && before.bytes <= bytes && before.seeds.high === high && before.seeds.low === low;
    if (isUsable && before.bytes === bytes) return before;
    const ids = isUsable ? before.ids : new FingerprintList();
    let unreadable = isUsable ? before.unreadable : 0;
    const path = segmentPath(this.#folder, segment);
    await scanLines(path, isUsable ? before.bytes : 0, bytes, (buffer, start, end) => {
      const id = idOfLine(buffer, start, end);
      if (id === null) unreadable += 1;
      else ids.push(this.fingerprint(id));
    });
    if (isFull) await this.#write(segment, bytes, ids, unreadable);
    return { bytes, stored: ids.length, unreadable, seeds: this.#seeds, ids };
  }
}

/**
 * Seeds of the newest checkpoint, so that the others are usable too; new ones when there is none.
 */
async function seedsOf(folder: string, segments: readonly number[]): Promise<Seeds> {
  for (const segment of segments) {
    const checkpoint = await readCheckpoint(folder, segment);
    if (checkpoint) return checkpoint.seeds;
  }
  const seed = randomBytes(8);
  return { high: seed.readUInt32LE(0), low: seed.readUInt32LE(4) };
}
