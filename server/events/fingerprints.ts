/**
 * 64 bits of an ID as two signed 32-bit integers. The low one is never 0, which marks a free slot.
 */
export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

/** Seeds of 32 bits each, which make collisions unpredictable to someone who chooses IDs. */
export interface Seeds {
  readonly high: number;
  readonly low: number;
}

export function fingerprint(id: string, seeds: Seeds): Fingerprint {
  return fingerprintIn(id, 0, id.length, seeds);
}

/** The same for an ID within a text, without a substring. */
export function fingerprintIn(text: string, start: number, end: number, seeds: Seeds): Fingerprint {
  // Both in one pass: reading the text takes longer than mixing it.
  let high = seeds.high;
  let low = seeds.low;
  for (let i = start; i < end; i += 2) {
    const block = text.charCodeAt(i) | ((i + 1 < end ? text.charCodeAt(i + 1) : 0) << 16);
    const k = scramble(block);
    high = mix(high ^ k);
    low = mix(low ^ k);
  }
  const length = end - start;
  return { high: finish(high ^ length), low: finish(low ^ length) || 1 };
}

/** Open addressing stays near one probe per look-up below this share of used slots. */
const MAX_LOAD_FACTOR = 0.6;

/**
 * A set of at most `most` fingerprints. Its memory is allocated at once, 13 to 27 bytes for each (a
 * Set of UUID strings takes about 550), because moving a million of them to a larger table would
 * block every request for 100 ms. The system commits the pages as they are used.
 */
export class Fingerprints {
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #most: number;
  #size = 0;

  constructor(most: number) {
    const slots = 2 ** Math.ceil(Math.log2(most / MAX_LOAD_FACTOR));
    this.#slots = new Int32Array(slots * 2);
    this.#mask = slots - 1;
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#size >= this.#most;
  }

  has({ high, low }: Fingerprint): boolean {
    return this.#slots[this.#find(high, low) * 2 + 1] !== 0;
  }

  /** Throws when the set is full: a look-up of a missing fingerprint would never end. */
  add({ high, low }: Fingerprint): void {
    const slot = this.#find(high, low);
    if (this.#slots[slot * 2 + 1] !== 0) return;
    if (this.isFull) throw new RangeError(`a set of ${this.#most} fingerprints is full`);
    this.#slots[slot * 2] = high;
    this.#slots[slot * 2 + 1] = low;
    this.#size += 1;
  }

  /** The slot that holds the fingerprint, or the free one where it belongs. */
  #find(high: number, low: number): number {
    for (let slot = high & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = this.#slots[slot * 2 + 1];
      if (found === 0 || (found === low && this.#slots[slot * 2] === high)) return slot;
    }
  }
}

// MurmurHash3 (Appleby, 2011, public domain), x86 32 bit, over UTF-16 code units two at a time.

function scramble(block: number): number {
  const k = Math.imul(block, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

function mix(h: number): number {
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(h: number): number {
  const a = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  // Signed, V8 keeps it as a small integer; unsigned, as a heap number.
  return b ^ (b >>> 16);
}
