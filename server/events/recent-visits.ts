import { stat } from "node:fs/promises";
import { listSegments, type Position, scanLines, segmentPath } from "./segments.ts";

/** What visits that began after some place in the log have shown. */
export interface RecentVisits {
  /** The last page that the tag reported. */
  readonly page: Seen | null;
  /** Whether groups were asked for at all, also by what then reported no page. */
  readonly isAsked: boolean;
  /** By the key that the page's placeholder names, of which there need not be an experiment. */
  readonly placeholders: ReadonlyMap<string, Seen>;
}

export interface Seen {
  /** ISO 8601 time by the server's clock. */
  readonly at: string;
  readonly path: string;
}

/** A visit's beginning: where in the log, and the server's time. */
interface Beginning extends Seen {
  readonly position: Position;
}

/** More than that is not read at once, but the newest of it: some 8,000 events. */
const MAX_BYTES = 2 * 1024 * 1024;
/** Arbitrary; the oldest gives way. */
const MAX_DEVICES = 5000;
const MAX_PLACEHOLDERS = 500;
/** Clocks of visitors differ from ours; what is older was sent by a page that was opened long before. */
const TOLERANCE_MS = 10 * 60 * 1000;

const START: Position = { segment: 0, offset: 0 };

/**
 * Watches visits by reading what the log gained, only when somebody asks: it costs those who record nothing. A visit begins
 * when the server gives a device its groups, and is one when the tag then reports a page. Runs of the simulator are none;
 * bots and previews are not in the log.
 */
export class VisitWatch {
  readonly #folder: string;
  #next: Position | null = null;
  #last: Beginning | null = null;
  #asked: Position = START;
  readonly #devices = new Map<string, Beginning>();
  readonly #placeholders = new Map<string, Beginning>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Visits that began after `from`.
   *
   * @param end where the log ends
   */
  since(from: Position, end: Position): Promise<RecentVisits> {
    const turn = this.#turn.then(async () => {
      await this.#read(from, end);
      return this.#after(from);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
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
    let next = this.#next ?? from;
    // Whoever looked before has looked long ago.
    if (isAfter(from, next) && (await this.#bytes(next, end)) > MAX_BYTES) next = from;
    if ((await this.#bytes(next, end)) > MAX_BYTES)
      next = { segment: end.segment, offset: Math.max(0, end.offset - MAX_BYTES) };
    for (const segment of await listSegments(this.#folder)) {
      if (segment < next.segment || segment > end.segment) continue;
      const path = segmentPath(this.#folder, segment);
      let offset = segment === next.segment ? next.offset : 0;
      const to = segment === end.segment ? end.offset : (await stat(path)).size;
      if (offset >= to) continue;
      await scanLines(path, offset, to, (buffer, start, stop) => {
        offset += stop - start + 1;
        this.#see(buffer.toString("utf8", start, stop), { segment, offset });
      });
    }
    this.#next = end;
  }

  /** Bytes from one place to another. */
  async #bytes(from: Position, to: Position): Promise<number> {
    let bytes = to.offset - from.offset;
    for (const segment of await listSegments(this.#folder)) {
      if (segment < from.segment || segment >= to.segment) continue;
      bytes += (await stat(segmentPath(this.#folder, segment))).size;
    }
    return bytes;
  }

  #see(line: string, position: Position): void {
    const { deviceId, event, source, ts, path = "", experiment, run, reasons } = eventOf(line);
    if (deviceId === undefined || ts === undefined || run !== undefined) return;
    if (event === "exp_groups" && source === "backend") {
      if (Object.values(reasons ?? {}).includes("forced")) return;
      this.#asked = position;
      keep(this.#devices, deviceId, { position, at: ts, path }, MAX_DEVICES);
      return;
    }
    const visit = this.#devices.get(deviceId);
    if (!visit || source !== "browser" || Date.parse(ts) < Date.parse(visit.at) - TOLERANCE_MS) return;
    this.#last = { ...visit, path: path || visit.path };
    if (experiment !== undefined) keep(this.#placeholders, experiment, this.#last, MAX_PLACEHOLDERS);
  }
}

/** Sets an entry of a map of bounded size. */
function keep<Value>(map: Map<string, Value>, name: string, value: Value, most: number): void {
  map.delete(name);
  map.set(name, value);
  const first = map.keys().next();
  if (map.size > most && !first.done) map.delete(first.value);
}

function isAfter(a: Position, b: Position): boolean {
  return a.segment === b.segment ? a.offset > b.offset : a.segment > b.segment;
}

interface Line {
  readonly deviceId?: string;
  readonly event?: string;
  readonly source?: string;
  readonly ts?: string;
  readonly path?: string;
  readonly experiment?: string;
  readonly run?: string;
  readonly reasons?: object;
}

/** The fields of a line of the log, whose events were checked before they were written; none of what is no event. */
function eventOf(line: string): Line {
  try {
    return JSON.parse(line) ?? {};
  } catch {
    return {};
  }
}
