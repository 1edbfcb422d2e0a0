import type { Fingerprint } from "../../core/sticky/fingerprint.ts";

/** Open addressing stays near one probe per look-up below this share of used slots. */
const MAX_LOAD_FACTOR = 0.6;

/**
 * A set of at most `capacity` fingerprints. Its memory is allocated at once, 13 to 27 bytes each (a
 * Set of UUID strings takes about 550), because moving a million of them to a larger table would
 * block every request for 100 ms. The system commits the pages as they are used.
 */
export class Fingerprints {
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #capacity: number;
  #size = 0;

  constructor(capacity: number) {
    const slots = 2 ** Math.ceil(Math.log2(capacity / MAX_LOAD_FACTOR));
    this.#slots = new Int32Array(slots * 2);
    this.#mask = slots - 1;
    this.#capacity = capacity;
  }

  get isFull(): boolean {
    return this.#size >= this.#capacity;
  }

  has({ high, low }: Fingerprint): boolean {
    return this.#slots[this.#find(high, low) * 2 + 1] !== 0;
  }

  /** Throws when the set is full: a look-up of a missing fingerprint would never end. */
  add({ high, low }: Fingerprint): void {
    const slot = this.#find(high, low);
    if (this.#slots[slot * 2 + 1] !== 0) return;
    if (this.isFull) throw new RangeError(`a set of ${this.#capacity} fingerprints is full`);
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
