import type { Fingerprint } from "./fingerprints.ts";
import { LineBuffer } from "./line-buffer.ts";

/** Events that go to disk in one write and one sync. */
export interface Batch {
  /** Empty again once the batch is settled. */
  readonly lines: LineBuffer;
  readonly fingerprints: Fingerprint[];
  /** Events that came while their id was on its way in this batch. */
  resends: number;
  /** Resolves when the batch is durable. */
  readonly done: Promise<void>;
  readonly settle: (error?: Error) => void;
}

/** Without anybody waiting, as for assignments, a sync costs processor time only. */
const LONGEST_GATHER_MS = 5;
const LONGEST_PATIENCE_MS = 2;
/** A write of so much is worth a sync of its own, during which the next one is gathered. */
const ENOUGH_BYTES = 64 * 1024;

/** Queues events and commits them in batches, one after the other: whatever is queued goes at once. */
export class GroupCommit {
  readonly #commit: (batch: Batch) => Promise<void>;
  readonly #onSettled: (batch: Batch, error: Error | undefined) => void;
  /** By `keyOf` their fingerprints: an id that is cut from a body would keep all of it. */
  readonly #inFlight = new Map<number, Batch>();
  #spare = new LineBuffer();
  #queue = newBatch(new LineBuffer());
  #lastCommitMs = 0;
  #lastLines = 0;
  #working: Promise<void> | null = null;

  /**
   * @param commit resolves when a batch is durable, and rejects with the reason when it is not
   * @param onSettled called in the moment from which on its ids are not on their way any more
   */
  constructor(commit: (batch: Batch) => Promise<void>, onSettled: (batch: Batch, error: Error | undefined) => void) {
    this.#commit = commit;
    this.#onSettled = onSettled;
  }

  /** What waits for its turn; the batch that is being written is not in it. */
  get queue(): Readonly<Batch> {
    return this.#queue;
  }

  /** The batch that an id is on its way in. */
  batchOf(fingerprint: Fingerprint): Batch | undefined {
    return this.#inFlight.get(keyOf(fingerprint));
  }

  add(text: string, fingerprint: Fingerprint): Batch {
    const batch = this.#queue;
    batch.lines.push(text);
    batch.fingerprints.push(fingerprint);
    this.#inFlight.set(keyOf(fingerprint), batch);
    this.#working ??= this.#work();
    return batch;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    do {
      await this.#gather();
      const batch = this.#queue;
      this.#queue = newBatch(this.#spare);
      const start = performance.now();
      const error = await this.#commit(batch).then(
        () => undefined,
        (reason: Error) => reason,
      );
      this.#lastCommitMs = performance.now() - start;
      this.#lastLines = batch.fingerprints.length;
      for (const fingerprint of batch.fingerprints) this.#inFlight.delete(keyOf(fingerprint));
      this.#onSettled(batch, error);
      batch.settle(error);
      batch.lines.clear();
      this.#spare = batch.lines;
    } while (this.#queue.lines.count > 0);
    this.#working = null;
  }

  /**
   * Lets requests that come together share a sync: waits as long as every turn of the event loop brings another event,
   * and a part of the last sync's time for as many as that one answered, because those are about to come again. On a disk
   * of 5 ms that gives 32 senders 1.4 times as much; one sender waits for nobody.
   */
  async #gather(): Promise<void> {
    const start = performance.now();
    const patience = Math.min(this.#lastCommitMs / 4, LONGEST_PATIENCE_MS);
    for (let before = 0; this.#queue.lines.byteLength < ENOUGH_BYTES; ) {
      const length = this.#queue.lines.count;
      const waited = performance.now() - start;
      const isComplete = length === before && (length >= this.#lastLines || waited > patience);
      if (isComplete || waited > LONGEST_GATHER_MS) return;
      before = length;
      await new Promise<void>((go) => setImmediate(go));
    }
  }
}

/** 53 of the 64 bits: what is on its way are thousands at most. */
function keyOf({ high, low }: Fingerprint): number {
  return high * 2 ** 21 + (low >>> 11);
}

function newBatch(lines: LineBuffer): Batch {
  let settle: Batch["settle"] = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve());
  });
  // Nobody may be waiting (an assignment's event): a failed write must not end the process.
  done.catch(() => undefined);
  return { lines, fingerprints: [], resends: 0, done, settle };
}
