import { readFile, rm } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { Seeds } from "../../core/sticky/fingerprint.ts";
import { replaceFile } from "../files/durable-file.ts";
import { FingerprintList } from "./fingerprint-list.ts";
import { openSegmentFile } from "./segment-file.ts";
import { segmentPath } from "./segments.ts";

/** Contents of the first `bytes` bytes of a segment, so that the next start need not read them. */
export interface Checkpoint {
  readonly bytes: number;
  /** Lines that begin with an ID. */
  readonly stored: number;
  /** Other lines: disk garbage, or edits by hand. */
  readonly unreadable: number;
  readonly seeds: Seeds;
  /** Fingerprints of the IDs, in line order. */
  readonly ids: FingerprintList;
}

const VERSION = 2;
/**
 * Bytes of the log before the checkpoint's end whose CRC ties it to this log. Arbitrary: a page.
 */
const TIE_BYTES = 4096;

export function checkpointPath(folder: string, segment: number): string {
  return segmentPath(folder, segment).replace(/\.ndjson$/, ".ids");
}

/**
 * Writes a segment's checkpoint atomically: a line of JSON, the fingerprints, and a CRC of both.
 */
export async function writeCheckpoint(folder: string, segment: number, checkpoint: Checkpoint): Promise<void> {
  const { bytes, stored, unreadable, seeds, ids } = checkpoint;
  const tie = await tieOf(folder, segment, bytes);
  if (tie === null) return;
  const header = { version: VERSION, bytes, stored, unreadable, seeds, ids: ids.length, tie };
  const { words } = ids;
  const content = Buffer.concat([
    Buffer.from(`${JSON.stringify(header)}\n`),
    Buffer.from(words.buffer, words.byteOffset, words.byteLength),
    Buffer.alloc(4),
  ]);
  content.writeUInt32LE(crc32(content.subarray(0, -4)), content.length - 4);
  const path = checkpointPath(folder, segment);
  try {
    await replaceFile(path, content);
  } catch (error) {
    // Free the space: the disk may be full.
    await rm(`${path}.tmp`, { force: true });
    throw error;
  }
}

/**
 * A segment's checkpoint; null when it is missing, damaged, longer than the log, or of another log.
 * The IDs are then read from the log.
 */
export async function readCheckpoint(folder: string, segment: number): Promise<Checkpoint | null> {
  const checkpoint = await readClaim(folder, segment);
  return checkpoint && (await isOfLog(folder, segment, checkpoint)) ? checkpoint : null;
}

/** A checkpoint that has not been compared with the log yet. */
export interface Claim extends Checkpoint {
  readonly tie: number;
}

/** A checkpoint as it was written; null when it is missing or damaged. */
export async function readClaim(folder: string, segment: number): Promise<Claim | null> {
  const content = await readFile(checkpointPath(folder, segment)).catch(() => null);
  if (!content || content.length < 8) return null;
  if (crc32(content.subarray(0, -4)) !== content.readUInt32LE(content.length - 4)) return null;
  const headerEnd = content.indexOf(0x0a);
  // The CRC matched, so we wrote this; only another version may have written something else.
  const { version, bytes, stored, unreadable, seeds, tie } = JSON.parse(content.toString("utf8", 0, headerEnd));
  if (version !== VERSION) return null;
  // Copy: 32-bit words must begin at a multiple of 4 bytes.
  const words = new Int32Array(new Uint8Array(content.subarray(headerEnd + 1, -4)).buffer);
  return { bytes, stored, unreadable, seeds, tie, ids: new FingerprintList(words) };
}

/** Whether the log holds the lines that a checkpoint was made of. */
export async function isOfLog(folder: string, segment: number, { bytes, tie }: Claim): Promise<boolean> {
  return (await tieOf(folder, segment, bytes)) === tie;
}

/**
 * CRC of the log's bytes right before a position; null when the log ends before it, or no line ends
 * there.
 */
export async function tieOf(folder: string, segment: number, end: number): Promise<number | null> {
  const file = await openSegmentFile(segmentPath(folder, segment));
  try {
    const start = Math.max(0, end - TIE_BYTES);
    const buffer = Buffer.alloc(end - start);
    const bytesRead = await file.read(buffer, 0, buffer.length, start);
    if (bytesRead < end - start || (end > 0 && buffer.at(-1) !== 0x0a)) return null;
    return crc32(buffer);
  } finally {
    await file.close();
  }
}
