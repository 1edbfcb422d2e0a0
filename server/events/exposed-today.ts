import { randomInt } from "node:crypto";
import type { Unit } from "../../core/experiment.ts";
import { fingerprint, type Seeds } from "../../core/sticky/fingerprint.ts";
import { unitOf } from "../../core/unit.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { Fingerprints } from "./fingerprints.ts";
import { fieldsOf, scanLog } from "./scan-log.ts";
import { statSegmentFile } from "./segment-file.ts";
import { listSegments, type Position, segmentPath } from "./segments.ts";

/** Units exposed to each experiment since midnight (UTC). */
export interface Exposed {
  /** By experiment key; a missing key means 0. */
  readonly devices: ReadonlyMap<string, number>;
  /** False above the limit of pairs: the counts are then lower bounds. */
  readonly isComplete: boolean;
}

/** An experiment that there is. */
interface Present {
  readonly unit: Unit;
  /** Exposures of earlier epochs are of a removed experiment with the same key. */
  readonly firstEpoch: number;
}

/** Undefined for a key of no experiment: anyone can send an event that names another. */
export type PresentOf = (key: string) => Present | undefined;

/** Distinct pairs of experiment and unit: some 20 MB of memory when all are used. */
const MAX_PAIRS = 1_000_000;
/**
 * Segments that the first call reads, newest first: 1 GiB, some 8 s (130 MB/s where every third
 * event is an exposure).
 */
const MAX_SEGMENTS = 32;
const MARK = Buffer.from('"exposure"');

/**
 * Counts units from the log; each call reads the lines added since the last one, and the first
 * call the segments written today. Events of simulator runs are left out, as in results.
 */
export class ExposedToday {
  readonly #folder: string;
  readonly #seeds: Seeds = { high: randomInt(2 ** 32), low: randomInt(2 ** 32) };
  readonly #maxPairs: number;
  #pairs: Fingerprints;
  /** By key and first epoch of the experiment. */
  #devices = new Map<string, number>();
  #isComplete = true;
  #day = "";
  #next: Position | null = null;
  readonly #queue = new PromiseQueue();

  constructor(folder: string, maxPairs = MAX_PAIRS) {
    this.#folder = folder;
    this.#maxPairs = maxPairs;
    this.#pairs = new Fingerprints(maxPairs);
  }

  /**
   * @param end where the log ends
   */
  count(end: Position, now: Date, presentOf: PresentOf): Promise<Exposed> {
    return this.#queue.run(() => this.#read(end, now, presentOf));
  }

  async #read(end: Position, now: Date, presentOf: PresentOf): Promise<Exposed> {
    const day = now.toISOString().slice(0, 10);
    if (day !== this.#day) this.#forget(day);
    this.#next ??= await this.#firstOf(day);
    // A failed read is repeated, and its pairs count once.
    await scanLog(this.#folder, this.#next, end, (line) => {
      if (line.includes(MARK)) this.#add(line, presentOf);
    });
    this.#next = end;
    const devices = new Map<string, number>();
    for (const [name, count] of this.#devices) {
      const [key = "", firstEpoch] = name.split(" ");
      if (presentOf(key)?.firstEpoch === Number(firstEpoch)) devices.set(key, count);
    }
    return { devices, isComplete: this.#isComplete };
  }

  #forget(day: string): void {
    if (this.#devices.size > 0) this.#pairs = new Fingerprints(this.#maxPairs);
    this.#devices = new Map();
    this.#isComplete = true;
    this.#day = day;
  }

  async #firstOf(day: string): Promise<Position> {
    const segments = await listSegments(this.#folder);
    const midnight = Date.parse(`${day}T00:00:00Z`);
    let first = segments.length;
    while (first > 0 && segments.length - first < MAX_SEGMENTS) {
      const { mtimeMs } = await statSegmentFile(segmentPath(this.#folder, segments[first - 1] as number));
      if (mtimeMs < midnight) return { segment: segments[first] ?? 0, offset: 0 };
      first -= 1;
    }
    if (first > 0) this.#isComplete = false;
    return { segment: segments[first] ?? 0, offset: 0 };
  }

  #add(line: Buffer, presentOf: PresentOf): void {
    const event = fieldsOf(line);
    const { experiment, epoch = 0, ts, run, uncounted } = event;
    if (event.event !== "exposure" || run !== undefined || uncounted !== undefined || !ts?.startsWith(this.#day))
      return;
    const present = experiment === undefined ? undefined : presentOf(experiment);
    if (present === undefined || epoch < present.firstEpoch) return;
    const { unit, firstEpoch } = present;
    // With the unit `random` every exposure is of a new unit.
    const id = unit === "random" ? event.id : unitOf(event, unit);
    if (!id) return;
    // Unambiguous: keys contain no space.
    const name = `${experiment} ${firstEpoch}`;
    const pair = fingerprint(`${name} ${id}`, this.#seeds);
    if (this.#pairs.has(pair)) return;
    if (this.#pairs.isFull) {
      this.#isComplete = false;
      return;
    }
    this.#pairs.add(pair);
    this.#devices.set(name, (this.#devices.get(name) ?? 0) + 1);
  }
}
