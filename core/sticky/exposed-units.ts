import type { StickyEntry } from "../evaluate.ts";
import type { Experiment } from "../experiment.ts";
import type { Settings } from "../settings.ts";
import type { ExposedGroups } from "./exposed-groups.ts";
import type { Seeds } from "./fingerprint.ts";
import { SHARDS } from "./unit-table.ts";

/**
 * First part of the answer of `GET /api/local-evaluation`, as one line of JSON. Frames follow: the
 * place of a table and the number of its units, in 32 bits each, and the units. The last frame has
 * the place END.
 */
export interface LocalHeader {
  /** Where the next request goes on. */
  readonly position: string;
  /** Whether the units replace all that came before; otherwise they are added. */
  readonly isWhole: boolean;
  /** The registry's version. */
  readonly version: string;
  readonly settings: Settings;
  readonly experiments: readonly Experiment[];
  readonly seeds: Seeds;
  /** Name of the hash of fingerprints, `HASH`. */
  readonly hash: string;
  /** Experiments with units, and the groups and epochs of their codes; the first has code 1. */
  readonly tables: readonly { readonly key: string; readonly entries: readonly StickyEntry[] }[];
}

/** Two words of 32 bits of the fingerprint, and a code of 16 bits. */
export const BYTES_OF_UNIT = 10;
export const BYTES_OF_FRAME = 8;
export const END = 0xffff_ffff;

/** Frames with the units of tables, one shard at a time. */
export function* framesOf(tables: readonly ExposedGroups[], codes: readonly number[]): Generator<Uint8Array> {
  for (const [place, { units }] of tables.entries()) {
    for (let shard = 0; shard < SHARDS; shard += 1) {
      // Codes that were added after the header are those of units that come with the next answer.
      const found = units.records(shard).filter(({ code }) => code <= (codes[place] ?? 0));
      if (found.length > 0) yield frame(place, found);
    }
  }
  yield frame(END, []);
}

function frame(
  place: number,
  units: readonly { readonly high: number; readonly low: number; readonly code: number }[],
): Uint8Array {
  const bytes = new Uint8Array(BYTES_OF_FRAME + units.length * BYTES_OF_UNIT);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, place);
  view.setUint32(4, units.length);
  units.forEach(({ high, low, code }, i) => {
    const at = BYTES_OF_FRAME + i * BYTES_OF_UNIT;
    view.setInt32(at, high);
    view.setInt32(at + 4, low);
    view.setUint16(at + 8, code);
  });
  return bytes;
}
