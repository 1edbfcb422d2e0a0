import { PromiseQueue } from "../memory/promise-queue.ts";
import { laterOf } from "./position.ts";
import { fieldsOf, positionBefore, scanLog } from "./scan-log.ts";
import type { Position } from "./segments.ts";

/** Frequency of each name in the last 24 hours, most frequent first. */
export interface SeenNames {
  /** Names of events, except the product's own. */
  readonly events: ReadonlyMap<string, number>;
  /** Paths of page views. */
  readonly pages: ReadonlyMap<string, number>;
}

/** Empty suggestions, for a log that cannot be read. */
export const NOTHING_SEEN: SeenNames = { events: new Map(), pages: new Map() };

const HOUR_MS = 60 * 60 * 1000;
const HOURS = 24;
/** Newest part of the log that one call reads: some 16,000 events, a tenth of a second. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Distinct names per hour (arbitrary): anyone can invent names. */
const MAX_NAMES = 500;
/** Events that the product records about itself; never goals. */
const OWN_EVENTS: ReadonlySet<string> = new Set(["exp_groups", "exposure"]);

interface Hour {
  readonly events: Map<string, number>;
  readonly pages: Map<string, number>;
}

/** Counts names from the log; each call reads the lines added since the last one. */
export class NameWatch {
  readonly #folder: string;
  /** By hours since 1970. */
  readonly #hours = new Map<number, Hour>();
  #next: Position | null = null;
  readonly #queue = new PromiseQueue();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param end where the log ends */
  seen(end: Position, now: Date): Promise<SeenNames> {
    return this.#queue.run(async () => {
      await this.#read(end);
      return this.#sum(Math.floor(now.getTime() / HOUR_MS));
    });
  }

  async #read(end: Position): Promise<void> {
    const newest = await positionBefore(this.#folder, end, MAX_BYTES);
    const from = this.#next ? laterOf(this.#next, newest) : newest;
    await scanLog(this.#folder, from, end, (line) => this.#see(line));
    this.#next = end;
  }

  #see(line: Buffer): void {
    const { event, path, ts, run } = fieldsOf(line);
    const hour = Math.floor(Date.parse(ts ?? "") / HOUR_MS);
    if (typeof event !== "string" || run !== undefined || Number.isNaN(hour) || OWN_EVENTS.has(event)) return;
    const counts = this.#hours.get(hour) ?? { events: new Map(), pages: new Map() };
    this.#hours.set(hour, counts);
    add(counts.events, event);
    if (event === "pageview" && typeof path === "string" && path !== "") add(counts.pages, path);
  }

  #sum(now: number): SeenNames {
    const sum: Hour = { events: new Map(), pages: new Map() };
    for (const [hour, counts] of this.#hours) {
      // Hours in the future (fast clocks) expire as well.
      if (hour <= now - HOURS || hour > now + HOURS) this.#hours.delete(hour);
      else for (const part of ["events", "pages"] as const) merge(sum[part], counts[part]);
    }
    return { events: byCount(sum.events), pages: byCount(sum.pages) };
  }
}

function add(counts: Map<string, number>, name: string): void {
  const count = counts.get(name);
  if (count !== undefined || counts.size < MAX_NAMES) counts.set(name, (count ?? 0) + 1);
}

function merge(sum: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) sum.set(name, (sum.get(name) ?? 0) + count);
}

function byCount(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}
