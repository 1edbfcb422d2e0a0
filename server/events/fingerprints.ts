const FIRST_CAPACITY = 1 << 16;
/** Open addressing stays near one probe per look-up below this share of used slots. */
const MOST_FULL = 0.6;

/**
 * A set of ids that keeps 64 bits of each: 16 to 27 bytes an id, where a Set of UUID strings takes about 550. Two of a
 * million ids collide with a chance of 3 in 100 million; a collision drops one event as a duplicate.
 */
export class Fingerprints {
  #slots = new Uint32Array(FIRST_CAPACITY * 2);
  #size = 0;
  readonly #seedHigh: number;
  readonly #seedLow: number;

  /** Seeds make collisions unpredictable to someone who chooses ids. */
  constructor(seedHigh: number, seedLow: number) {
    this.#seedHigh = seedHigh;
    this.#seedLow = seedLow;
  }

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    const slot = this.#find(hash(id, this.#seedHigh), hash(id, this.#seedLow) || 1);
    return this.#slots[slot * 2 + 1] !== 0;
  }

  /** Adds an id; false when it was there already. */
  add(id: string): boolean {
    const high = hash(id, this.#seedHigh);
    // 0 in the low word marks a free slot.
    const low = hash(id, this.#seedLow) || 1;
    const slot = this.#find(high, low);
    if (this.#slots[slot * 2 + 1] !== 0) return false;
    this.#slots[slot * 2] = high;
    this.#slots[slot * 2 + 1] = low;
    this.#size += 1;
    if (this.#size > (this.#slots.length / 2) * MOST_FULL) this.#grow();
    return true;
  }

  /** The slot that holds the fingerprint, or the free one where it belongs. */
  #find(high: number, low: number): number {
    const mask = this.#slots.length / 2 - 1;
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot * 2 + 1];
      if (found === 0 || (found === low && this.#slots[slot * 2] === high)) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i] ?? 0;
      const low = old[i + 1] ?? 0;
      if (low === 0) continue;
      const slot = this.#find(high, low);
      this.#slots[slot * 2] = high;
      this.#slots[slot * 2 + 1] = low;
    }
  }
}

/** MurmurHash3 (Appleby, 2011, public domain), x86 32 bit, over UTF-16 code units two at a time. */
function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i += 2) {
    let k = text.charCodeAt(i) | ((i + 1 < text.length ? text.charCodeAt(i + 1) : 0) << 16);
    k = Math.imul(k, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= text.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
