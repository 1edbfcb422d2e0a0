import { randomUUID } from "node:crypto";
import { MAX_EVENTS_PER_REQUEST } from "../../core/event-limits.ts";
import type { EventsAnswer } from "../../core/http-contract.ts";

/** Bytes of one post: the server takes 64 KiB. */
const MAX_BODY_BYTES = 60_000;
/** Events that wait; the oldest are given up when the server is down for long. */
const MAX_WAITING = 10_000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 8000;
/** A batch that fails for longer is given up: about an hour. */
const MAX_FAILURES = 450;

interface Waiting {
  /** The event's JSON. */
  readonly text: string;
  readonly bytes: number;
  readonly settle: (isStored: boolean) => void;
}

interface Options {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly onError: (error: Error) => void;
}

/** Posts events in the background, in their order, until the server has stored them. */
export class EventQueue {
  readonly #options: Options;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Resolves to whether the event is durably stored; never rejects. */
  add(event: object): Promise<boolean> {
    return new Promise((settle) => {
      const text = this.#textOf({ id: randomUUID(), ts: new Date().toISOString(), source: "node", ...event });
      if (text === null) return settle(false);
      this.#waiting.push({ text, bytes: Buffer.byteLength(text), settle });
      if (this.#waiting.length > MAX_WAITING) {
        const dropped = this.#waiting.splice(0, this.#waiting.length - MAX_WAITING);
        for (const { settle } of dropped) settle(false);
        this.#options.onError(new Error(`${dropped.length} events were given up: ${MAX_WAITING} wait already`));
      }
      // After this turn, so that events of one request are one post.
      this.#running ??= Promise.resolve()
        .then(() => this.#run())
        .finally(() => {
          this.#running = null;
        });
    });
  }

  /** Resolves when nothing waits. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Gives up what cannot be sent at once. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.flush();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#waiting.length > 0) {
      const batch = this.#batch();
      const outcome = await this.#post(batch);
      if (outcome === "again" && !this.#isClosed && failures < MAX_FAILURES) {
        failures += 1;
        const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
        await new Promise<void>((resolve) => setTimeout(resolve, pause).unref());
        continue;
      }
      failures = 0;
      const gone = new Set(batch);
      this.#waiting = this.#waiting.filter((one) => !gone.has(one));
      for (const [at, { settle }] of batch.entries()) settle(Array.isArray(outcome) && !outcome.includes(at));
    }
  }

  /** The event's JSON; null, with an error, for what has none, such as a BigInt or a cycle. */
  #textOf(event: object): string | null {
    try {
      return JSON.stringify(event);
    } catch (error) {
      this.#options.onError(new Error(`an event cannot be sent: ${(error as Error).message}`));
      return null;
    }
  }

  /** The next events that fit into a post, at least one. */
  #batch(): Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((one, at) => {
      bytes += one.bytes + 1;
      return at > 0 && (at >= MAX_EVENTS_PER_REQUEST || bytes > MAX_BODY_BYTES);
    });
    return this.#waiting.slice(0, end === -1 ? undefined : end);
  }

  /** Resolves to the places of rejected events where the others are stored. */
  async #post(batch: readonly Waiting[]): Promise<number[] | "rejected" | "again"> {
    const { url, fetch: send, timeoutMs, headers, onError } = this.#options;
    try {
      const response = await send(`${url}/events?sent=${Date.now()}`, {
        method: "POST",
        body: `[${batch.map(({ text }) => text).join(",")}]`,
        headers: { "content-type": "application/json", ...headers },
        signal: AbortSignal.timeout(Math.max(timeoutMs, 5000)),
      });
      const text = await response.text();
      if (response.ok) {
        const rejected = rejectionsIn(text);
        for (const { reason } of rejected) onError(new Error(`an event is rejected: ${reason}`));
        return rejected.map(({ index }) => index);
      }
      if (response.status === 429 || response.status >= 500) return "again";
      onError(new Error(`events are rejected with status ${response.status}: ${text}`));
      return "rejected";
    } catch {
      return "again";
    }
  }
}

/** Rejected events of an answer; none where it is not the server's own, such as a proxy's. */
function rejectionsIn(text: string): EventsAnswer["rejected"] {
  try {
    const { rejected } = JSON.parse(text) as Partial<EventsAnswer>;
    return Array.isArray(rejected) ? rejected : [];
  } catch {
    return [];
  }
}
