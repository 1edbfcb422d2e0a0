import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { bytesOf } from "../events/segment-file.ts";
import { type Position, segmentPath } from "../events/segments.ts";
import type { Engine } from "./engine.ts";
import { type EventFile, tableText } from "./log-source.ts";

const TABLE = "tail";

const NOWHERE: Position = { segment: 0, offset: 0 };

/**
 * The open segment up to a position, as a table of an engine: bytes after it may still be
 * withdrawn, or be half a line. The table grows with the log, so that each line is parsed once and
 * not by every query.
 */
export class Tail {
  readonly #events: string;
  readonly #path: string;
  /** The engine that has the table; another has none. */
  #engine: Engine | null = null;
  #loaded = NOWHERE;
  #hasAccounts = false;

  /**
   * @param events folder of the log
   * @param path for the lines that are not yet in the table; its folder is created if missing
   */
  constructor(events: string, path: string) {
    this.#events = events;
    this.#path = path;
  }

  /**
   * The table, or none if the segment is empty. One call at a time. Rejects if the lines cannot be
   * read or written.
   */
  async upTo(engine: Engine, { segment, offset }: Position): Promise<EventFile[]> {
    if (offset === 0) return [];
    const { segment: of, offset: end } = this.#loaded;
    const goesOn = this.#engine === engine && of === segment && end <= offset;
    const start = goesOn ? end : 0;
    // Reset until the table is complete: an error may leave it without some lines.
    this.#loaded = NOWHERE;
    if (start < offset) {
      await mkdir(dirname(this.#path), { recursive: true });
      try {
        await pipeline(bytesOf(segmentPath(this.#events, segment), start, offset), createWriteStream(this.#path));
        await engine.run(tableText(TABLE, this.#path, goesOn));
      } finally {
        // On a full disk, a part of it would fill what is left.
        await rm(this.#path, { force: true });
      }
      const named = await engine.rows<[bigint]>({ text: `select count(account) from ${TABLE}`, values: [] });
      this.#hasAccounts = named[0]?.[0] !== 0n;
    }
    this.#engine = engine;
    this.#loaded = { segment, offset };
    return [{ path: TABLE, format: "table", hasAccounts: this.#hasAccounts }];
  }
}
