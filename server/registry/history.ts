import { open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { cutTornTail, scanLines } from "../events/segments.ts";
import { syncFolder, writeSynced } from "../files/durable-file.ts";
import { writeAll } from "../files/write-all.ts";
import {
  type Action,
  type Entry,
  entryHead,
  formatEntry,
  type Head,
  type NewEntry,
  NOTES,
  readEntry,
} from "./history-entry.ts";

export const HISTORY_FILE = "history.ndjson";
/** Changes read at once; arbitrary. */
const PAGE = 16;

export interface HistoryQuery {
  /** Only changes of this experiment, or of the settings (null); default: all. */
  readonly key?: string | null | undefined;
  readonly action?: Action | undefined;
  /** Only changes with a lower number. */
  readonly before?: number | undefined;
}

/** Damage of the history's file found on opening. */
export interface Damage {
  /** Count of numbers up to the last without a line. */
  readonly missing: number;
  /** Lines that are not a change with the next number. */
  readonly unreadable: number;
  /** Bytes after the last complete line, moved to `history.bad.ndjson`. */
  readonly torn: number;
}

/** Position of a change in the file. */
interface Place extends Head {
  readonly start: number;
  readonly end: number;
}

/**
 * Every change of the registry, numbered from 1 without gaps, one line each, append-only. Memory
 * holds the positions (some 100 bytes a change), not the contents.
 *
 * A change is prepared here (durable) before `experiments.json` is replaced, and accepted after: a
 * process that dies in between leaves a change in the history that did not happen, which the next
 * start finds and undoes in the history too. So no line is ever removed, except one that was
 * prepared and not accepted by the living process.
 */
export class History {
  readonly #path: string;
  readonly #places: Place[];
  readonly damage: Damage;
  #last: number;
  /** Accepted bytes; any that follow are overwritten. */
  #end: number;
  #prepared: { readonly places: readonly Place[]; readonly end: number } | null = null;

  private constructor(path: string, places: Place[], last: number, end: number, damage: Damage) {
    this.#path = path;
    this.#places = places;
    this.#last = last;
    this.#end = end;
    this.damage = damage;
  }

  /**
   * Opens or creates the file. A torn line at the end is moved aside; other damage is counted and
   * left unchanged.
   *
   * @param atLeast the last number that was given out: no later change gets it again, even if the
   *   file was lost
   */
  static async open(path: string, atLeast: number): Promise<History> {
    if (!(await stat(path).catch(ifMissing))) {
      await writeSynced(path, "");
      await syncFolder(dirname(path));
    }
    const torn = await cutTornTail(path);
    const { size } = await stat(path);
    const { places, unreadable } = await findEntries(path, size);
    const last = Math.max(places.at(-1)?.number ?? 0, atLeast);
    return new History(path, places, last, size, { missing: last - places.length, unreadable, torn });
  }

  /** The file as it is, to be read alone; one that is missing has no changes. */
  static async look(path: string): Promise<History> {
    const size = (await stat(path).catch(ifMissing))?.size ?? 0;
    const { places, unreadable } = size === 0 ? { places: [], unreadable: 0 } : await findEntries(path, size);
    return new History(path, places, places.at(-1)?.number ?? 0, size, { missing: 0, unreadable, torn: 0 });
  }

  /** Number of the last change; 0 without changes. */
  get last(): number {
    return this.#last;
  }

  /**
   * Writes changes that become valid once accepted; durable when it resolves to them. One caller at
   * a time.
   */
  async prepare(changes: readonly NewEntry[]): Promise<readonly Entry[]> {
    this.#prepared = null;
    const entries = changes.map((change, index): Entry => {
      const number = this.#last + 1 + index;
      return change.key === null ? { number, ...change } : { number, ...change };
    });
    const lines = entries.map((entry) => Buffer.from(`${formatEntry(entry)}\n`));
    // Do not create it: a history that was deleted must be noticed.
    const file = await open(this.#path, "r+");
    try {
      const { size } = await file.stat();
      // Appending would fill the missing part with NULs.
      if (size < this.#end) throw new Error(`${this.#path} has ${size} bytes, there were ${this.#end}`);
      // Remove prepared lines, or parts of them, that were not accepted.
      await file.truncate(this.#end);
      await writeAll(file, Buffer.concat(lines), this.#end);
      await file.sync();
    } finally {
      await file.close();
    }
    let end = this.#end;
    const places = entries.map(({ number, key, action }, index): Place => {
      const start = end;
      end += lines[index]?.length ?? 0;
      return { number, key, action, start, end };
    });
    this.#prepared = { places, end };
    return entries;
  }

  /** Accepts the prepared changes. */
  accept(): void {
    if (!this.#prepared) return;
    const { places, end } = this.#prepared;
    this.#places.push(...places);
    this.#end = end;
    this.#last = places.at(-1)?.number ?? this.#last;
    this.#prepared = null;
  }

  /**
   * Drops the prepared changes. If it rejects, they are still in the file; the next change
   * overwrites them.
   */
  async drop(): Promise<void> {
    this.#prepared = null;
    const file = await open(this.#path, "r+");
    try {
      // Never lengthen the file: if it was truncated meanwhile, that would fill it with NULs.
      if ((await file.stat()).size <= this.#end) return;
      await file.truncate(this.#end);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** One change; null if there is none with that number, or its line is damaged. */
  async get(number: number): Promise<Entry | null> {
    const place = this.#places.find((candidate) => candidate.number === number);
    return place ? ((await this.#read([place]))[0] ?? null) : null;
  }

  /**
   * Changes, newest first; `next` is the `before` of the next page, null on the last. Damaged lines
   * are left out.
   */
  async page(limit: number, query: HistoryQuery = {}): Promise<{ entries: Entry[]; next: number | null }> {
    const found: Place[] = [];
    for (const place of this.#find(query)) {
      if (found.length === limit) return { entries: await this.#read(found), next: found.at(-1)?.number ?? null };
      found.push(place);
    }
    return { entries: await this.#read(found), next: null };
  }

  /** Changes at the time of the call, newest first; at most `maxEntries`. */
  async *all(query: HistoryQuery = {}, maxEntries = Number.POSITIVE_INFINITY): AsyncGenerator<Entry> {
    const places = [...this.#find(query)].slice(0, maxEntries);
    for (let at = 0; at < places.length; at += PAGE) yield* await this.#read(places.slice(at, at + PAGE));
  }

  /**
   * Keys of everything that ever changed, including removed experiments, in the order of their
   * first changes.
   */
  keys(): string[] {
    return [...new Set(this.#places.flatMap(({ key }) => key ?? []))];
  }

  /** Number of the newest change of an experiment; 0 if there is none. */
  newestOf(key: string): number {
    return this.#places.findLast((place) => place.key === key)?.number ?? 0;
  }

  /** The newest change of each experiment, and of the settings (null). */
  async newest(): Promise<ReadonlyMap<string | null, Entry>> {
    const places = new Map(this.#places.map((place) => [place.key, place]));
    return new Map((await this.#read([...places.values()])).map((entry) => [entry.key, entry]));
  }

  /** Number of the last change of the settings, which notes are not; 0 if there was none. */
  get lastOfSettings(): number {
    const notes: readonly string[] = NOTES;
    return this.#places.findLast(({ key, action }) => key === null && !notes.includes(action))?.number ?? 0;
  }

  *#find({ key, action, before = Number.POSITIVE_INFINITY }: HistoryQuery): Generator<Place> {
    for (let index = this.#places.length - 1; index >= 0; index -= 1) {
      const place = this.#places[index] as Place;
      if (place.number >= before) continue;
      if ((key === undefined || place.key === key) && (action === undefined || place.action === action)) yield place;
    }
  }

  async #read(places: readonly Place[]): Promise<Entry[]> {
    if (places.length === 0) return [];
    const file = await open(this.#path, "r");
    try {
      const entries: Entry[] = [];
      for (const { start, end } of places) {
        const buffer = Buffer.alloc(end - start - 1);
        await file.read(buffer, 0, buffer.length, start);
        const entry = readEntry(buffer.toString("utf8"));
        if (entry) entries.push(entry);
      }
      return entries;
    } finally {
      await file.close();
    }
  }
}

async function findEntries(path: string, size: number) {
  const places: Place[] = [];
  let unreadable = 0;
  let offset = 0;
  await scanLines(path, 0, size, (buffer, start, stop) => {
    const at = offset;
    offset += stop - start + 1;
    const head = entryHead(buffer, start, stop);
    // A number not above the last one belongs to a copied or moved line.
    if (head === null || head.number <= (places.at(-1)?.number ?? 0)) unreadable += 1;
    else places.push({ ...head, start: at, end: offset });
  });
  return { places, unreadable };
}

function ifMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
