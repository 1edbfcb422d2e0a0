import type { EventLog } from "../../events/log.ts";

/** A user's assignment, as listed by the platform. */
export interface UserGroup {
  readonly id: number;
  readonly user_id: string;
  readonly experiment: string;
  readonly group: string;
}

/** Events read at once. */
const PAGE = 10_000;

/** Lists the assignments of the log in order; each call reads the new part. */
export class Assignments {
  readonly #log: Pick<EventLog, "read">;
  readonly #found: UserGroup[] = [];
  readonly #known = new Set<string>();
  #next: Awaited<ReturnType<EventLog["read"]>>["next"] | null = null;
  #reading: Promise<void> = Promise.resolve();

  constructor(log: Pick<EventLog, "read">) {
    this.#log = log;
  }

  /** The first assignment of each user in an experiment; default: in all experiments. */
  async list(experiment?: string): Promise<readonly UserGroup[]> {
    this.#reading = this.#reading.then(() => this.#read());
    await this.#reading;
    return experiment === undefined ? this.#found : this.#found.filter((one) => one.experiment === experiment);
  }

  async #read(): Promise<void> {
    for (;;) {
      const { events, next } = await this.#log.read({
        since: this.#next,
        limit: PAGE,
        where: ({ event, source }) => event === "assignment" && source === "compat:django",
      });
      this.#next = next;
      for (const { deviceId, experiment, group } of events) {
        if (deviceId === undefined || experiment === undefined || group === undefined) continue;
        const name = JSON.stringify([experiment, deviceId]);
        if (this.#known.has(name)) continue;
        this.#known.add(name);
        this.#found.push({ id: this.#found.length + 1, user_id: deviceId, experiment, group });
      }
      if (events.length < PAGE) return;
    }
  }
}
