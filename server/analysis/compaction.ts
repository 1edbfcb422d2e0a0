import { open, rename, rm, stat } from "node:fs/promises";
import { syncFolder } from "../durable-file.ts";
import { listSegments, type Position, segmentPath } from "../events/segments.ts";
import { literal } from "./duckdb-dialect.ts";
import type { Engine } from "./engine.ts";
import { compactedText, type EventFile } from "./log-source.ts";

/** Of what is in a compacted file, and how; a file of another version is made anew. */
const VERSION = "2";
/** A fifth of the lines' bytes, made in 0.6 s of one core per 64 MiB; higher levels take longer and save little. */
const FORMAT = "format parquet, compression zstd, compression_level 1";

export function compactedPath(folder: string, segment: number): string {
  return segmentPath(folder, segment).replace(/\.ndjson$/, ".parquet");
}

/**
 * Keeps a compacted copy (Parquet) beside each segment of a log that is closed. The lines stay: they are the truth, which
 * everything else reads. A copy may be deleted at any time; it says what it was made of, and is not used when the segment
 * has changed since.
 */
export class Compaction {
  readonly #folder: string;
  /** Segments whose copy was looked at, with what they were then. */
  readonly #checked = new Map<number, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The closed segments before a place in the log, each in its compacted copy when that is good. */
  async files(engine: Engine, { segment: last }: Position): Promise<EventFile[]> {
    const files: EventFile[] = [];
    for (const segment of await this.#closed(last)) {
      files.push(
        (await this.#isGood(engine, segment))
          ? { path: compactedPath(this.#folder, segment), format: "parquet" }
          : { path: segmentPath(this.#folder, segment), format: "ndjson" },
      );
    }
    return files;
  }

  /** Whether a closed segment before a place in the log may have no copy yet; without asking the engine. */
  async isBehind({ segment: last }: Position): Promise<boolean> {
    for (const segment of await this.#closed(last)) {
      const isKnown = this.#checked.get(segment) === (await this.#identity(segment));
      if (!isKnown || !(await isThere(compactedPath(this.#folder, segment)))) return true;
    }
    return false;
  }

  /** Makes the copies that are missing, oldest first. Rejects when the disk takes none. */
  async compact(engine: Engine, { segment: last }: Position): Promise<void> {
    for (const segment of await this.#closed(last)) {
      if (!(await this.#isGood(engine, segment))) await this.#write(engine, segment);
    }
  }

  /** Deletes all copies: one of them cannot be read. */
  async discard(): Promise<void> {
    this.#checked.clear();
    for (const segment of await listSegments(this.#folder))
      await rm(compactedPath(this.#folder, segment), { force: true });
  }

  async #closed(last: number): Promise<number[]> {
    return (await listSegments(this.#folder)).filter((segment) => segment < last);
  }

  async #identity(segment: number): Promise<string> {
    const { size, mtimeMs } = await stat(segmentPath(this.#folder, segment));
    return `${VERSION} ${size} ${mtimeMs}`;
  }

  async #isGood(engine: Engine, segment: number): Promise<boolean> {
    const identity = await this.#identity(segment);
    const path = compactedPath(this.#folder, segment);
    if (!(await isThere(path))) return false;
    if (this.#checked.get(segment) === identity) return true;
    const text = `select decode(value) from parquet_kv_metadata(${literal(path)}) where decode(key) = 'fairsplit'`;
    const rows = await engine.rows<[string]>({ text, values: [] }).catch(() => []);
    if (rows[0]?.[0] !== identity) return false;
    this.#checked.set(segment, identity);
    return true;
  }

  async #write(engine: Engine, segment: number): Promise<void> {
    // Before it is read: a segment that changes meanwhile then has another one.
    const identity = await this.#identity(segment);
    const path = compactedPath(this.#folder, segment);
    const temporary = `${path}.tmp`;
    try {
      const lines = compactedText(segmentPath(this.#folder, segment));
      await engine.run(
        `copy (${lines}) to ${literal(temporary)} (${FORMAT}, kv_metadata {fairsplit: ${literal(identity)}})`,
      );
      const file = await open(temporary, "r");
      await file.sync().finally(() => file.close());
      await rename(temporary, path);
      await syncFolder(this.#folder);
      this.#checked.set(segment, identity);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
