import type { EventLog } from "../../events/log.ts";
import type { Position } from "../../events/segments.ts";
import { PromiseQueue } from "../../memory/promise-queue.ts";
import { numberOf } from "./number-of.ts";

/** A user's assignment, as listed by the platform. */
export interface UserGroup {
  readonly id: number;
  readonly user_id: string;
  readonly experiment: string;
  readonly group: string;
}

/** Events read at once. */
const PAGE = 10_000;
/** Newest part of the log that the first call reads, in some tenths of a second. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Assignments that are listed, for whoever asks: some 1 MB. */
const MAX_LISTED = 10_000;

/** Lists the newest assignments of the log in order; each call reads the new part. */
export class Assignments {
  readonly #log: Pick<EventLog, "read" | "newest" | "rewrites">;
  /** By experiment and user, the oldest first. */
  #found = new Map<string, UserGroup>();
  #next: Position | null = null;
  #rewrites = 0;
  readonly #reading = new PromiseQueue();

  constructor(log: Pick<EventLog, "read" | "newest" | "rewrites">) {
    this.#log = log;
  }

  /** The first assignment of each user in an experiment; default: in all experiments. */
  async list(experiment?: string): Promise<readonly UserGroup[]> {
    await this.#reading.run(() => this.#read());
    const all = [...this.#found.values()];
    return experiment === undefined ? all : all.filter((one) => one.experiment === experiment);
  }

  async #read(): Promise<void> {
    const rewrites = this.#log.rewrites();
    // Some of these may be of a forgotten user, and the position within a line.
    if (rewrites !== this.#rewrites) {
      this.#found = new Map();
      this.#next = null;
      this.#rewrites = rewrites;
    }
    for (;;) {
      const { events, next } = await this.#log.read({
        since: this.#next ?? (await this.#log.newest(MAX_BYTES)),
        limit: PAGE,
        where: ({ event, source }) => event === "assignment" && source === "compat:django",
      });
      this.#next = next;
      for (const { id, deviceId, experiment, group } of events) {
        if (deviceId === undefined || experiment === undefined || group === undefined) continue;
        const name = JSON.stringify([experiment, deviceId]);
        if (!this.#found.has(name)) this.#found.set(name, { id: numberOf(id), user_id: deviceId, experiment, group });
      }
      for (const name of this.#found.keys()) {
        if (this.#found.size <= MAX_LISTED) break;
        this.#found.delete(name);
      }
      if (events.length < PAGE) return;
    }
  }
}
