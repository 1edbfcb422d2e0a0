import type { Fingerprint } from "../../core/sticky/fingerprint.ts";
import { FingerprintList } from "./fingerprint-list.ts";

const FIRST_SLOTS = 1024;
const MAX_LOAD_FACTOR = 0.5;

/** IDs of one batch: few, cleared together soon, and looked up for every event. */
export class PendingIds {
  readonly #list = new FingerprintList();
  /** Indexes into the list, counted from 1; 0 is a free slot. */
  #slots = new Int32Array(FIRST_SLOTS);

  /** In insertion order. */
  get list(): FingerprintList {
    return this.#list;
  }

  has(id: Fingerprint): boolean {
    return this.#slots[this.#find(id)] !== 0;
  }

  /** Adds an ID that is not in the set. */
  add(id: Fingerprint): void {
    this.#list.push(id);
    if (this.#list.length > this.#slots.length * MAX_LOAD_FACTOR) this.#grow();
    else this.#slots[this.#find(id)] = this.#list.length;
  }

  clear(): void {
    this.#list.clear();
    if (this.#slots.length > FIRST_SLOTS) this.#slots = new Int32Array(FIRST_SLOTS);
    else this.#slots.fill(0);
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let i = 0; i < this.#list.length; i += 1) this.#slots[this.#find(this.#list.at(i))] = i + 1;
  }

  /** The slot of an ID, or the free one where it belongs. */
  #find({ high, low }: Fingerprint): number {
    const mask = this.#slots.length - 1;
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] as number;
      if (place === 0 || this.#list.is(place - 1, high, low)) return slot;
    }
  }
}
