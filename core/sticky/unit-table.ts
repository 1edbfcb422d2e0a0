import type { Fingerprint } from "./fingerprint.ts";

/** A power of two. Shards grow separately, so that no request waits for all units to move. */
export const SHARDS = 64;
const SHARD_BITS = 6;
const MIN_SLOTS = 8;
/** A look-up of a missing unit takes some 20 probes of neighbouring memory at this load. */
const MAX_LOAD_FACTOR = 0.85;
const GROWTH = 1.25;
export const MAX_CODE = 0xffff;

/**
 * Open addressing; a slot is two words: `low`, which is 0 in a free one, and 16 bits of `high`
 * above the code.
 */
interface Shard {
  words: Uint32Array;
  size: number;
}

/**
 * A number from 1 to 65,535 for each of many units, in some 11 bytes a unit. Units are identified
 * by 54 bits of their fingerprint: of ten million look-ups of other units in a table of ten
 * million, one finds an entry in 180 tables.
 */
export class UnitTable {
  readonly #shards: (Shard | undefined)[] = new Array(SHARDS).fill(undefined);
  #size = 0;

  /** Number of units. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.#shards.reduce((sum, shard) => sum + (shard?.words.byteLength ?? 0), 0);
  }

  /** The unit's code; 0 if it has none. */
  get({ high, low }: Fingerprint): number {
    const shard = this.#shards[high >>> (32 - SHARD_BITS)];
    if (!shard) return 0;
    const slot = find(shard.words, low >>> 0, high & 0xffff);
    return (shard.words[slot + 1] ?? 0) & MAX_CODE;
  }

  set({ high, low }: Fingerprint, code: number): void {
    const index = high >>> (32 - SHARD_BITS);
    const shard = this.#shards[index] ?? { words: new Uint32Array(2 * MIN_SLOTS), size: 0 };
    this.#shards[index] = shard;
    if (shard.size + 1 > (shard.words.length / 2) * MAX_LOAD_FACTOR) grow(shard);
    const slot = find(shard.words, low >>> 0, high & 0xffff);
    if (shard.words[slot] === 0) {
      shard.size += 1;
      this.#size += 1;
    }
    shard.words[slot] = low;
    shard.words[slot + 1] = ((high & 0xffff) << 16) | code;
  }

  /** The words of one shard's units, in an order that depends only on them. */
  dump(index: number): BigUint64Array {
    const words = this.#shards[index]?.words ?? new Uint32Array(0);
    const pairs = new BigUint64Array(words.buffer, words.byteOffset, words.length / 2);
    return pairs.filter((pair) => pair !== 0n).sort();
  }

  /** Units of a shard with their codes; their fingerprints have the bits that the table keeps. */
  records(index: number): (Fingerprint & { readonly code: number })[] {
    return Array.from(this.dump(index), (pair) => {
      const word = Number(pair >> 32n);
      return {
        high: (index << (32 - SHARD_BITS)) | (word >>> 16),
        low: Number(pair & 0xffff_ffffn) | 0,
        code: word & MAX_CODE,
      };
    });
  }

  /** Loads the result of `dump`. */
  load(index: number, pairs: BigUint64Array): void {
    const shard: Shard = { words: new Uint32Array(2 * slotsFor(pairs.length)), size: pairs.length };
    const words = new Uint32Array(pairs.buffer, pairs.byteOffset, pairs.length * 2);
    for (let at = 0; at < words.length; at += 2) insert(shard.words, words[at] as number, words[at + 1] as number);
    this.#size += pairs.length - (this.#shards[index]?.size ?? 0);
    this.#shards[index] = shard;
  }
}

function slotsFor(units: number): number {
  return Math.max(MIN_SLOTS, Math.ceil((units + 1) / MAX_LOAD_FACTOR));
}

function grow(shard: Shard): void {
  const { words } = shard;
  shard.words = new Uint32Array(2 * Math.max(slotsFor(shard.size), Math.ceil((words.length / 2) * GROWTH)));
  for (let at = 0; at < words.length; at += 2) {
    if (words[at] !== 0) insert(shard.words, words[at] as number, words[at + 1] as number);
  }
}

function insert(words: Uint32Array, low: number, high: number): void {
  const slot = find(words, low, high >>> 16);
  words[slot] = low;
  words[slot + 1] = high;
}

/** Index of the slot that holds the unit, or of the free one where it belongs. */
function find(words: Uint32Array, low: number, tag: number): number {
  const slots = words.length / 2;
  // Map 32 bits onto the slots, whose number is not a power of two (Lemire 2016).
  let slot = 2 * Math.floor((low / 0x1_0000_0000) * slots);
  for (;;) {
    const found = words[slot];
    if (found === 0 || (found === low && (words[slot + 1] as number) >>> 16 === tag)) return slot;
    slot += 2;
    if (slot === words.length) slot = 0;
  }
}
