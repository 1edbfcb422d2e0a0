import { open, readFile, rename, rm } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { StickyEntry } from "../../core/evaluate.ts";
import { ExposedGroups } from "../../core/sticky/exposed-groups.ts";
import type { Seeds } from "../../core/sticky/fingerprint.ts";
import { SHARDS } from "../../core/sticky/unit-table.ts";
import { tieOf } from "../events/checkpoint.ts";
import type { Position } from "../events/segments.ts";

const VERSION = 2;
const BYTES_OF_PAIR = 8;

/** The last part of the file. */
interface Index {
  readonly version: number;
  /** Identifies the seeds of the fingerprints. */
  readonly seeds: string;
  /** Every exposure before this position of the log is in the tables. */
  readonly upTo: Position;
  /** CRC of the log right before that position. */
  readonly tie: number;
  readonly experiments: readonly {
    readonly key: string;
    readonly entries: readonly StickyEntry[];
    /** Number of units in each shard. */
    readonly shards: readonly number[];
  }[];
}

export interface Saved {
  readonly upTo: Position;
  readonly experiments: Map<string, ExposedGroups>;
}

/**
 * Writes the tables, shard by shard, so that requests are answered in between. Exposures added
 * meanwhile may be missing in the file: the reader adds those of the log after `upTo`.
 */
export async function writeStickyFile(
  path: string,
  folder: string,
  { upTo, experiments }: Saved,
  seeds: Seeds,
): Promise<void> {
  const tie = await tieOf(folder, upTo.segment, upTo.offset);
  if (tie === null) return;
  const temporary = `${path}.tmp`;
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", 0o600);
  try {
    let crc = 0;
    const write = async (bytes: Buffer) => {
      crc = crc32(bytes, crc);
      await file.writeFile(bytes);
    };
    const list: { key: string; entries: readonly StickyEntry[]; shards: number[] }[] = [];
    for (const [key, groups] of [...experiments].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const shards: number[] = [];
      for (let shard = 0; shard < SHARDS; shard += 1) {
        const pairs = groups.units.dump(shard);
        shards.push(pairs.length);
        if (pairs.length > 0) await write(Buffer.from(pairs.buffer, pairs.byteOffset, pairs.byteLength));
      }
      // Write entries after the shards, so that codes added meanwhile are included.
      list.push({ key, entries: [...groups.entries], shards });
    }
    const index = Buffer.from(
      JSON.stringify({ version: VERSION, seeds: nameOf(seeds), upTo, tie, experiments: list } satisfies Index),
    );
    await write(index);
    const tail = Buffer.alloc(8);
    tail.writeUInt32LE(index.length, 0);
    tail.writeUInt32LE(crc32(tail.subarray(0, 4), crc), 4);
    await file.writeFile(tail);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** The tables of a file; null if it is missing, damaged, or of another log. */
export async function readStickyFile(path: string, folder: string, seeds: Seeds): Promise<Saved | null> {
  const content = await readFile(path).catch(() => null);
  if (!content || content.length < 8) return null;
  if (crc32(content.subarray(0, -4)) !== content.readUInt32LE(content.length - 4)) return null;
  const end = content.length - 8;
  const start = end - content.readUInt32LE(end);
  // The CRC matched, so this is what we wrote; only another version may differ.
  const index: Index = JSON.parse(content.toString("utf8", start, end));
  if (index.version !== VERSION || index.seeds !== nameOf(seeds)) return null;
  const { upTo } = index;
  if ((await tieOf(folder, upTo.segment, upTo.offset).catch(() => null)) !== index.tie) return null;
  const experiments = new Map<string, ExposedGroups>();
  let at = 0;
  for (const { key, entries, shards } of index.experiments) {
    const groups = new ExposedGroups();
    for (const entry of entries) groups.codeOf(entry);
    shards.forEach((length, shard) => {
      if (length === 0) return;
      // Copy: 64-bit words must begin at a multiple of 8 bytes.
      const bytes = new Uint8Array(content.subarray(at, at + length * BYTES_OF_PAIR));
      groups.units.load(shard, new BigUint64Array(bytes.buffer));
      at += length * BYTES_OF_PAIR;
    });
    experiments.set(key, groups);
  }
  return { upTo, experiments };
}

const nameOf = ({ high, low }: Seeds) => `${high.toString(16)}-${low.toString(16)}`;
