import { setTimeout as delay } from "node:timers/promises";
import { eventOf, type Journal } from "./journal.ts";
import { newAgent, post } from "./post.ts";
import type { Random } from "./random.ts";

export interface ClientOptions {
  readonly clients: number;
  /** Events in a request, both bounds included. */
  readonly batch: readonly [least: number, most: number];
  /**
   * Wait after a 429 or 503 in milliseconds; shorter than any Retry-After, to see the moment when
   * it accepts again.
   */
  readonly retryMs?: number;
}

/**
 * Share of the requests that a client sends again though they were acknowledged, and that it sends
 * twice at once.
 */
const RESENT = 0.05;
const DOUBLED = 0.05;

/**
 * Clients that each send batch after batch and, like the tag's outbox, send a batch with the same
 * ids until it is acknowledged, also to the next server. What they do is in the journal before it
 * is sent.
 */
export class Clients {
  readonly #journal: Journal;
  readonly #random: Random;
  readonly #options: ClientOptions;
  readonly #pending: (readonly string[] | null)[];
  #count = 0;
  /** Answers by status; 0 counts broken connections. */
  readonly answers = new Map<number, number>();
  /** Answers 200 that did not account for each event of the batch. */
  miscounted = 0;
  /** `performance.now()` of the last acknowledgement. */
  lastAcknowledged = 0;
  #end = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(journal: Journal, random: Random, options: ClientOptions) {
    this.#journal = journal;
    this.#random = random;
    this.#options = options;
    this.#pending = Array(options.clients).fill(null);
  }

  /** Begins to send to a server. */
  start(url: string): void {
    this.#end = false;
    this.#running = Promise.all(this.#pending.map((_, client) => this.#send(url, client)));
  }

  /** Ends sending; resolves when every answer is there. */
  async stop(): Promise<void> {
    this.#end = true;
    await this.#running;
  }

  /** Ids that were sent so far. */
  get sentCount(): number {
    return this.#count;
  }

  async #send(url: string, client: number): Promise<void> {
    const agent = newAgent();
    let before: readonly string[] = [];
    while (!this.#end) {
      const pending = this.#pending[client];
      const isResent = !pending && before.length > 0 && this.#random.fraction() < RESENT;
      const ids = pending ?? (isResent ? before : this.#newBatch());
      this.#pending[client] = ids;
      this.#journal.sending(ids);
      const body = JSON.stringify(ids.map(eventOf));
      const copies = this.#random.fraction() < DOUBLED ? 2 : 1;
      const answers = await Promise.all(Array.from({ length: copies }, () => this.#post(url, body, ids, agent)));
      if (answers.includes("acknowledged")) {
        this.#pending[client] = null;
        before = ids;
      } else if (answers.includes("refused")) {
        await delay(this.#options.retryMs ?? 20);
      } else {
        // The server is gone; whoever started it starts another.
        await delay(5);
      }
    }
    agent.destroy();
  }

  async #post(url: string, body: string, ids: readonly string[], agent: ReturnType<typeof newAgent>) {
    const answer = await post(url, body, agent).catch(() => null);
    const status = answer?.status ?? 0;
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    if (!answer) return "broken";
    if (status !== 200) return "refused";
    this.#journal.acknowledged(ids);
    this.lastAcknowledged = performance.now();
    const { accepted, duplicates } = JSON.parse(answer.body) as { accepted: number; duplicates: number };
    if (accepted + duplicates !== ids.length) this.miscounted += 1;
    return "acknowledged";
  }

  #newBatch(): string[] {
    const [least, most] = this.#options.batch;
    return Array.from({ length: this.#random.whole(least, most) }, () => {
      this.#count += 1;
      return `e-${this.#count}`;
    });
  }
}
