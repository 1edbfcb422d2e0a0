import { createHash } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { isThere, presentPath, statSegmentFile } from "../events/segment-file.ts";
import { listSegments, type Position, segmentPath } from "../events/segments.ts";
import { replaceFile, syncFolder } from "../files/durable-file.ts";
import { literal } from "./duckdb-dialect.ts";
import type { Engine } from "./engine.ts";
import { compactedText, type EventFile, logSource } from "./log-source.ts";

/** Version of the contents and format of copies; others are made again. */
export const COPY_VERSION = "7";
/**
 * A fifth of the lines' size, written in 0.6 s of one core per 64 MiB; higher levels take longer
 * and save little.
 */
const FORMAT = "format parquet, compression zstd, compression_level 1";
/** Marks copies with `isDistinct`, and with `hasAccounts`. */
const DISTINCT = "distinct";
const ACCOUNTS = "accounts";

function compactedPath(folder: string, segment: number): string {
  return segmentPath(folder, segment).replace(/\.ndjson$/, ".parquet");
}

/** Metadata of a copy. */
interface Copy {
  /** Identity of the segment that it was made from. */
  readonly identity: string;
  /** Whether the segment's IDs are unique, in it and in earlier segments. */
  readonly isDistinct: boolean;
  readonly hasAccounts: boolean;
  /** When the file was last written, as it was checked; milliseconds since 1970. */
  readonly writtenMs: number;
}

/**
 * Keeps a compacted copy (Parquet) beside each closed segment of a log. The lines remain the source
 * of truth for all other readers. Copies may be deleted at any time. A copy records its source, and
 * is not used when the segment, or an earlier one, has changed since.
 */
export class Compaction {
  readonly #folder: string;
  /** Segments whose copy was checked, with its metadata. */
  readonly #checked = new Map<number, Copy>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Closed segments before a log position, each as its compacted copy when that is valid. */
  async files(engine: Engine, { segment: last }: Position): Promise<EventFile[]> {
    const files: EventFile[] = [];
    for (const { segment, identity } of await this.#closed(last)) {
      const copy = await this.#goodCopy(engine, segment, identity);
      files.push(
        copy
          ? this.#fileOf(segment, copy)
          : { path: await presentPath(segmentPath(this.#folder, segment)), format: "ndjson" },
      );
    }
    return files;
  }

  /** Whether a closed segment before a log position may lack a copy; does not need the engine. */
  async isBehind({ segment: last }: Position): Promise<boolean> {
    for (const { segment, identity } of await this.#closed(last)) {
      const isKnown = this.#checked.get(segment)?.identity === identity;
      if (!isKnown || !(await isThere(compactedPath(this.#folder, segment)))) return true;
    }
    return false;
  }

  /**
   * Makes missing copies, oldest first. Rejects when the disk fails.
   *
   * @param archived the part of the log before its first segment
   */
  async compact(engine: Engine, { segment: last }: Position, archived: readonly EventFile[] = []): Promise<void> {
    const before = [...archived];
    for (const { segment, identity } of await this.#closed(last)) {
      const copy =
        (await this.#goodCopy(engine, segment, identity)) ?? (await this.#write(engine, segment, identity, before));
      before.push(this.#fileOf(segment, copy));
    }
  }

  /** Deletes all copies, after one was unreadable. */
  async discard(): Promise<void> {
    this.#checked.clear();
    for (const segment of await listSegments(this.#folder))
      await rm(compactedPath(this.#folder, segment), { force: true });
  }

  /** Segments before another, each with an identity that changes when it or an earlier one does. */
  async #closed(last: number): Promise<{ segment: number; identity: string }[]> {
    const all = createHash("sha256").update(COPY_VERSION);
    const closed: { segment: number; identity: string }[] = [];
    for (const segment of await listSegments(this.#folder)) {
      if (segment >= last) continue;
      const { size, mtimeMs } = await statSegmentFile(segmentPath(this.#folder, segment));
      all.update(` ${segment} ${size} ${mtimeMs}`);
      closed.push({ segment, identity: all.copy().digest("hex") });
    }
    return closed;
  }

  async #goodCopy(engine: Engine, segment: number, identity: string): Promise<Copy | null> {
    const path = compactedPath(this.#folder, segment);
    const writtenMs = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    );
    if (writtenMs === null) return null;
    const checked = this.#checked.get(segment);
    if (checked?.identity === identity && checked.writtenMs === writtenMs) return checked;
    const expected = await readFile(checksumPath(path), "utf8").catch(() => null);
    const text = `select decode(value), (${checksumText(path)}) from parquet_kv_metadata(${literal(path)})
      where decode(key) = 'fairsplit'`;
    const rows = await engine.rows<[string, string]>({ text, values: [] }).catch(() => []);
    const [says = "", actual = null] = rows[0] ?? [];
    // Parquet itself does not notice a flipped bit.
    if (actual === null || actual !== expected?.trim()) return null;
    const [madeOf, ...marks] = says.split(" ");
    if (madeOf !== identity) return null;
    const copy = { identity, isDistinct: marks.includes(DISTINCT), hasAccounts: marks.includes(ACCOUNTS), writtenMs };
    this.#checked.set(segment, copy);
    return copy;
  }

  #fileOf(segment: number, { isDistinct, hasAccounts }: Copy): EventFile {
    return { path: compactedPath(this.#folder, segment), format: "parquet", isDistinct, hasAccounts };
  }

  /**
   * @param identity taken before the segment is read, so that it differs if the segment changes
   * meanwhile
   * @param before the copies of earlier segments
   */
  async #write(engine: Engine, segment: number, identity: string, before: readonly EventFile[]): Promise<Copy> {
    const path = compactedPath(this.#folder, segment);
    const temporary = `${path}.tmp`;
    try {
      const lines = await presentPath(segmentPath(this.#folder, segment));
      const { checksum, marks } = await makeCopy(engine, lines, temporary, before, identity);
      await replaceFile(checksumPath(path), `${checksum}\n`);
      await rename(temporary, path);
      await syncFolder(this.#folder);
      const copy = { identity, ...marks, writtenMs: (await stat(path)).mtimeMs };
      this.#checked.set(segment, copy);
      return copy;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

/**
 * Writes and syncs a compacted copy of a file of lines.
 *
 * @param before the copies of earlier segments
 * @param identity of what it is made from, which the copy records
 */
export async function makeCopy(
  engine: Engine,
  lines: string,
  path: string,
  before: readonly EventFile[],
  identity = "archived",
): Promise<{ checksum: string; marks: Pick<Copy, "isDistinct" | "hasAccounts"> }> {
  try {
    await engine.run(`create or replace temp table segment as ${compactedText(lines)}`);
    const isDistinct = await isDistinctFrom(engine, before);
    const hasAccounts = await namesAccounts(engine);
    const says = literal([identity, isDistinct && DISTINCT, hasAccounts && ACCOUNTS].filter(Boolean).join(" "));
    await engine.run(`copy segment to ${literal(path)} (${FORMAT}, kv_metadata {fairsplit: ${says}})`);
    // Open for writing: Windows does not sync read-only handles.
    const file = await open(path, "r+");
    await file.sync().finally(() => file.close());
    const [[checksum = ""] = []] = await engine.rows<[string]>({ text: checksumText(path), values: [] });
    return { checksum, marks: { isDistinct, hasAccounts } };
  } finally {
    if (engine.isOpen) await engine.run("drop table if exists segment");
  }
}

function checksumPath(path: string): string {
  return `${path}.hash`;
}

/**
 * Query for a checksum of a file, in the counting process: to hash a copy here would block
 * requests. 64 bits find every accident, in a tenth of the time of SHA-256, which was a quarter of
 * a first count. Another DuckDB may hash otherwise: its copies are made again.
 */
export function checksumText(path: string): string {
  return `select cast(hash(content) as varchar) from read_blob(${literal(path)})`;
}

/** Whether IDs in the table `segment` are unique, in it and in the files before it. */
async function isDistinctFrom(engine: Engine, before: readonly EventFile[]): Promise<boolean> {
  const text = `
    select (select count(*) - count(distinct fingerprint) from segment)
      + (select count(*) from (${logSource(before).text}) as earlier where fingerprint in (select fingerprint from segment))`;
  const [[repeats] = [null]] = await engine.rows<[bigint]>({ text, values: [] });
  return repeats === 0n;
}

/** Whether any event in the table `segment` names an account. */
async function namesAccounts(engine: Engine): Promise<boolean> {
  const [[named] = [null]] = await engine.rows<[bigint]>({ text: "select count(account) from segment", values: [] });
  return named !== 0n;
}
