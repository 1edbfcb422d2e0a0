import { BoundedMap } from "../memory/bounded-map.ts";
import { copied } from "../memory/copied.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { isAfter, laterOf } from "./position.ts";
import { fieldsOf, positionBefore, scanLog } from "./scan-log.ts";
import type { Position } from "./segments.ts";

/** Visits that began after a position in the log. */
export interface RecentVisits {
  /** The last page that the tag reported. */
  readonly page: Seen | null;
  /** Whether any groups were requested, also without a page being reported. */
  readonly isAsked: boolean;
  /** Groups by the placeholder's key, which may name no experiment. */
  readonly placeholders: ReadonlyMap<string, Seen>;
}

export interface Seen {
  /** ISO 8601 time by the server's clock. */
  readonly at: string;
  readonly path: string;
}

/** Start of a visit: log position and server time. */
export interface Beginning extends Seen {
  readonly position: Position;
}

/** Bytes that are read at once, from the end of the log: some 8,000 events. */
const MAX_BYTES = 2 * 1024 * 1024;
/** Arbitrary; the oldest is deleted. */
const MAX_DEVICES = 5000;
const MAX_PLACEHOLDERS = 500;
/** Tolerance for visitors' clocks; an older event is of a page opened long before. */
const TOLERANCE_MS = 10 * 60 * 1000;

const START: Position = { segment: 0, offset: 0 };

/**
 * Watches visits by reading the log's new lines, only on request: recording costs nothing more. A
 * visit begins when the server gives a device its groups, and counts once the tag reports a page.
 * Simulator runs are not visits; bots and previews are not in the log.
 */
export class VisitWatch {
  readonly #folder: string;
  #next: Position | null = null;
  #last: Beginning | null = null;
  #asked: Position = START;
  readonly #devices = new BoundedMap<string, Beginning>(MAX_DEVICES);
  readonly #placeholders = new BoundedMap<string, Beginning>(MAX_PLACEHOLDERS);
  readonly #queue = new PromiseQueue();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Visits that began after `from`.
   *
   * @param end where the log ends
   */
  since(from: Position, end: Position): Promise<RecentVisits> {
    return this.#queue.run(async () => {
      await this.#read(from, end);
      return this.#after(from);
    });
  }

  /** Records a repeated request for groups, which the log does not have. */
  began(deviceId: string, beginning: Beginning): void {
    this.#asked = laterOf(this.#asked, beginning.position);
    this.#devices.set(copied(deviceId), { ...beginning, path: copied(beginning.path) });
  }

  #after(from: Position): RecentVisits {
    const isNew = ({ position }: Beginning) => isAfter(position, from);
    return {
      page: this.#last && isNew(this.#last) ? this.#last : null,
      isAsked: isAfter(this.#asked, from),
      placeholders: new Map([...this.#placeholders].filter(([, seen]) => isNew(seen))),
    };
  }

  async #read(from: Position, end: Position): Promise<void> {
    const next = this.#next ?? from;
    const newest = await positionBefore(this.#folder, end, MAX_BYTES);
    // The last read is too old: skip the gap.
    const start = isAfter(newest, next) ? laterOf(newest, from) : next;
    await scanLog(this.#folder, start, end, (line, position) => this.#see(line, position));
    this.#next = end;
  }

  #see(line: Buffer, position: Position): void {
    const { deviceId, event, source, ts, path = "", experiment, run, reasons } = fieldsOf(line);
    if (deviceId === undefined || ts === undefined || run !== undefined) return;
    if (event === "exp_groups" && source === "backend") {
      if (Object.values(reasons ?? {}).includes("forced")) return;
      const known = this.#devices.get(deviceId);
      if (!known || isAfter(position, known.position)) this.began(deviceId, { position, at: ts, path });
      return;
    }
    const visit = this.#devices.get(deviceId);
    if (
      !visit ||
      !isAfter(position, visit.position) ||
      source !== "browser" ||
      Date.parse(ts) < Date.parse(visit.at) - TOLERANCE_MS
    )
      return;
    this.#last = { ...visit, path: path || visit.path };
    if (experiment !== undefined) this.#placeholders.set(experiment, this.#last);
  }
}
