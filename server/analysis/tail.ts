import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Position, segmentPath } from "../events/segments.ts";
import type { EventFile } from "./log-source.ts";

/** Node's default of 64 KiB would take a thousand steps per segment. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * A copy of the open segment up to a position: bytes after it may still be withdrawn, or be half a
 * line. The copy grows with the log, instead of being made again for every query.
 */
export class Tail {
  readonly #events: string;
  readonly #path: string;
  #copied: Position = { segment: 0, offset: 0 };

  /**
   * @param events folder of the log
   * @param path of the copy; its folder is created if missing
   */
  constructor(events: string, path: string) {
    this.#events = events;
    this.#path = path;
  }

  /**
   * The copy, or none if the segment is empty. One call at a time. Rejects if it cannot be read or
   * written.
   */
  async upTo({ segment, offset }: Position): Promise<EventFile[]> {
    if (offset === 0) return [];
    const goesOn = this.#copied.segment === segment && this.#copied.offset <= offset;
    const start = goesOn ? this.#copied.offset : 0;
    // Reset until the copy is complete: an error may leave a partial one.
    this.#copied = { segment: 0, offset: 0 };
    if (start < offset) {
      await mkdir(dirname(this.#path), { recursive: true });
      await pipeline(
        createReadStream(segmentPath(this.#events, segment), { start, end: offset - 1, highWaterMark: CHUNK_BYTES }),
        createWriteStream(this.#path, { flags: goesOn ? "a" : "w" }),
      );
    }
    this.#copied = { segment, offset };
    return [{ path: this.#path, format: "ndjson" }];
  }
}
