import type { EventText } from "../../core/event-text.ts";
import type { Fingerprint } from "../../core/sticky/fingerprint.ts";
import { LineBuffer } from "./line-buffer.ts";
import { PendingIds } from "./pending-ids.ts";

/** Events that are written at once and synced once. */
export interface Batch {
  /** Cleared when the batch is settled. */
  readonly lines: LineBuffer;
  /** IDs of the lines, in their order; cleared as well. */
  readonly ids: PendingIds;
  /** Events whose ID was already in this batch. */
  resends: number;
  /** Resolves when the batch is durable. */
  readonly done: Promise<void>;
  readonly settle: (error?: Error) => void;
}

/**
 * Delay for events without a waiting client (assignments): an earlier sync only costs processor
 * time.
 */
const MAX_GATHER_MS = 5;
const MAX_PATIENCE_MS = 2;
/** A write of this size is worth its own sync, during which the next batch is gathered. */
const ENOUGH_BYTES = 512 * 1024;

/**
 * Queues events and commits them in batches, one after the other. A commit takes the whole queue.
 */
export class GroupCommit {
  readonly #commit: (batch: Batch) => Promise<void>;
  readonly #onSettled: (batch: Batch, error: Error | undefined) => void;
  #spare: Room = { lines: new LineBuffer(), ids: new PendingIds() };
  #queue = newBatch({ lines: new LineBuffer(), ids: new PendingIds() });
  /** The batch that is being written. */
  #current: Batch | null = null;
  #lastCommitMs = 0;
  #lastLines = 0;
  #working: Promise<void> | null = null;

  /**
   * @param commit resolves when a batch is durable, else rejects with the reason
   * @param onSettled called at the moment from which its IDs are no longer pending
   */
  constructor(commit: (batch: Batch) => Promise<void>, onSettled: (batch: Batch, error: Error | undefined) => void) {
    this.#commit = commit;
    this.#onSettled = onSettled;
  }

  /** The batch that waits; not the one that is being written. */
  get queue(): Readonly<Batch> {
    return this.#queue;
  }

  /** The pending batch that contains an ID. */
  batchOf(fingerprint: Fingerprint): Batch | undefined {
    if (this.#queue.ids.has(fingerprint)) return this.#queue;
    return this.#current?.ids.has(fingerprint) ? this.#current : undefined;
  }

  add(event: EventText, fingerprint: Fingerprint): Batch {
    const batch = this.#queue;
    batch.lines.push(event);
    batch.ids.add(fingerprint);
    this.#working ??= this.#work();
    return batch;
  }

  /** Resolves when no batch is pending. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    do {
      await this.#gather();
      const batch = this.#queue;
      this.#current = batch;
      this.#queue = newBatch(this.#spare);
      const start = performance.now();
      const error = await this.#commit(batch).then(
        () => undefined,
        (reason: Error) => reason,
      );
      this.#lastCommitMs = performance.now() - start;
      this.#lastLines = batch.lines.count;
      this.#current = null;
      this.#onSettled(batch, error);
      batch.settle(error);
      batch.lines.clear();
      batch.ids.clear();
      this.#spare = batch;
    } while (this.#queue.lines.count > 0);
    this.#working = null;
  }

  /**
   * Lets concurrent requests share a sync: waits while every turn of the event loop brings another
   * event, and for part of the last sync's time until as many events have come as that sync
   * answered, because their senders are about to send again. On a disk of 5 ms this gives 32
   * senders 1.4 times the throughput; a single sender never waits.
   */
  async #gather(): Promise<void> {
    const start = performance.now();
    const patience = Math.min(this.#lastCommitMs / 4, MAX_PATIENCE_MS);
    for (let before = 0; this.#queue.lines.byteLength < ENOUGH_BYTES; ) {
      const length = this.#queue.lines.count;
      const waited = performance.now() - start;
      const isComplete = length === before && (length >= this.#lastLines || waited > patience);
      if (isComplete || waited > MAX_GATHER_MS) return;
      before = length;
      await new Promise<void>((go) => setImmediate(go));
    }
  }
}

/** Buffers that a batch reuses from a settled one. */
type Room = Pick<Batch, "lines" | "ids">;

function newBatch({ lines, ids }: Room): Batch {
  let settle: Batch["settle"] = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve());
  });
  // Handle the rejection: without a waiting client a failed write must not end the process.
  done.catch(() => undefined);
  return { lines, ids, resends: 0, done, settle };
}
