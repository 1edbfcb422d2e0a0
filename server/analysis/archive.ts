import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import * as v from "valibot";
import { parse } from "../../core/parse.ts";
import { timestamp } from "../../core/timestamp.ts";
import { listSegments } from "../events/segments.ts";
import { BadConfig } from "../files/bad-config.ts";
import { replaceFile } from "../files/durable-file.ts";
import { COPY_VERSION, checksumText } from "./compaction.ts";
import type { Engine } from "./engine.ts";
import type { EventFile } from "./log-source.ts";

/** File of the data folder that lists the archived segments. */
const ARCHIVE_FILE = "archive.json";

const ArchivedSegmentSchema = v.strictObject({
  segment: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Folder of its files. */
  folder: v.string(),
  events: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** Latest time of receipt. */
  lastAt: v.nullable(timestamp()),
  /** SHA-256 of its lines in hex. */
  lines: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Checksum of its copy, as that of copies of the log. */
  copy: v.string(),
  version: v.string(),
  isDistinct: v.boolean(),
  hasAccounts: v.boolean(),
});

/** A segment that was moved out of the log. */
export type ArchivedSegment = v.InferOutput<typeof ArchivedSegmentSchema>;

/**
 * The archived segments of a data folder, oldest first. Throws BadConfig if the list is damaged.
 */
export async function readArchive(data: string): Promise<readonly ArchivedSegment[]> {
  const path = join(data, ARCHIVE_FILE);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "[]";
    throw error;
  });
  try {
    return parse(v.array(ArchivedSegmentSchema), JSON.parse(text));
  } catch (error) {
    throw new BadConfig(`${path} is damaged (${(error as Error).message}): restore it from a copy`);
  }
}

/** Replaces the list durably. */
export async function writeArchive(data: string, segments: readonly ArchivedSegment[]): Promise<void> {
  const sorted = [...segments].sort((a, b) => a.segment - b.segment);
  await replaceFile(join(data, ARCHIVE_FILE), `${JSON.stringify(sorted, null, 1)}\n`, 0o600);
}

const nameOf = (segment: number) => String(segment).padStart(8, "0");

/** The lines of an archived segment, compressed. */
export function archivedLinesPath({ folder, segment }: Pick<ArchivedSegment, "folder" | "segment">): string {
  return join(folder, `${nameOf(segment)}.ndjson.gz`);
}

/** The copy of an archived segment that results are counted from. */
export function archivedCopyPath({ folder, segment }: Pick<ArchivedSegment, "folder" | "segment">): string {
  return join(folder, `${nameOf(segment)}.parquet`);
}

/** The archived part of a log, as files to count. */
export class Archive {
  readonly #events: string;
  readonly #segments: readonly ArchivedSegment[];
  /** When the copies were last written, as they were checked; milliseconds since 1970. */
  readonly #checked = new Map<number, number>();
  /** The same of lines, with what was found. */
  readonly #lines = new Map<number, { readonly written: number; readonly areWhole: boolean }>();
  #problem: string | null = null;

  /** @param events folder of the log */
  constructor(events: string, segments: readonly ArchivedSegment[]) {
    this.#events = events;
    this.#segments = segments;
  }

  get folders(): readonly string[] {
    return [...new Set(this.#segments.map(({ folder }) => folder))];
  }

  /** The missing part of the archive, which results lack; null when it is whole. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Looks for the files, without the engine. */
  async check(): Promise<void> {
    const missing: ArchivedSegment[] = [];
    for (const one of this.#segments) {
      if ((await writtenAt(archivedCopyPath(one))) === null && (await writtenAt(archivedLinesPath(one))) === null) {
        missing.push(one);
      }
    }
    this.#tell(missing);
  }

  /** Each segment as its copy, or else as its lines. One that is still in the log is left out. */
  async files(engine: Engine): Promise<EventFile[]> {
    if (this.#segments.length === 0) return [];
    const present = await listSegments(this.#events);
    const files: EventFile[] = [];
    const missing: ArchivedSegment[] = [];
    for (const one of this.#segments) {
      if (present.includes(one.segment)) continue;
      const { isDistinct, hasAccounts } = one;
      if (await this.#isGood(engine, one)) {
        files.push({ path: archivedCopyPath(one), format: "parquet", isDistinct, hasAccounts });
      } else if (await this.#hasLines(one)) {
        files.push({ path: archivedLinesPath(one), format: "ndjson" });
      } else missing.push(one);
    }
    this.#tell(missing);
    return files;
  }

  async #isGood(engine: Engine, one: ArchivedSegment): Promise<boolean> {
    if (one.version !== COPY_VERSION) return false;
    const path = archivedCopyPath(one);
    const written = await writtenAt(path);
    if (written === null) return false;
    if (this.#checked.get(one.segment) === written) return true;
    const rows = await engine.rows<[string]>({ text: checksumText(path), values: [] }).catch(() => []);
    if (rows[0]?.[0] !== one.copy) return false;
    this.#checked.set(one.segment, written);
    return true;
  }

  /** Whether the lines can be read to their end: the engine takes a cut file for a whole one. */
  async #hasLines(one: ArchivedSegment): Promise<boolean> {
    const path = archivedLinesPath(one);
    const written = await writtenAt(path);
    if (written === null) return false;
    const known = this.#lines.get(one.segment);
    if (known?.written === written) return known.areWhole;
    const areWhole = await isWholeGzip(path);
    this.#lines.set(one.segment, { written, areWhole });
    return areWhole;
  }

  #tell(missing: readonly ArchivedSegment[]): void {
    const last = missing.at(-1);
    const until = last?.lastAt === null ? "" : `, up to ${last?.lastAt}`;
    this.#problem = last
      ? `The archive ${last.folder} lacks ${missing.length} of its segments${until}: results lack their events.`
      : null;
  }
}

/**
 * Reads a compressed file, whose parts have checksums; false also for a missing one, and for one
 * without any byte. It may have no lines: all of them may have been forgotten.
 */
export async function isWholeGzip(path: string): Promise<boolean> {
  try {
    await pipeline(createReadStream(path), createGunzip(), async (parts: AsyncIterable<Buffer>) => {
      for await (const _ of parts);
    });
    return (await stat(path)).size > 0;
  } catch {
    return false;
  }
}

function writtenAt(path: string): Promise<number | null> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
}
