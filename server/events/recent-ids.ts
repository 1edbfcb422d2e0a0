import type { Fingerprint } from "../../core/sticky/fingerprint.ts";
import { Fingerprints } from "./fingerprints.ts";

/** 16 MiB each: 1.25 million fingerprints fill 60 % of 2^21 slots. */
const GENERATION = 1_250_000;
const GENERATIONS = 5;
/** Bytes of the filter for each ID that a generation holds: 8 MiB in all. */
const FILTER_BYTES_PER_ID = 6.7;
/** Both bytes of an ID are among so many, those of a cache line. */
const LINE_MASK = 63;

interface Generation {
  /** Its bit in each byte of the filter. */
  readonly bit: number;
  readonly ids: Fingerprints;
}

/**
 * IDs that tell a resend from a new event: at least the newest 5 million of any age, in at most 88
 * MiB. Two of a million IDs share a fingerprint with a probability of 3 in 100 million; one event
 * is then dropped as a duplicate.
 *
 * Stored in generations of equal size; the oldest is dropped as a whole, so no single ID is ever
 * deleted. A Bloom filter, one bit of each byte for each generation, tells in one access to memory
 * that an ID is new to all of them (https://en.wikipedia.org/wiki/Bloom_filter): a quarter of the
 * time of a look-up in each.
 */
export class RecentIds {
  readonly #generation: number;
  readonly #most: number;
  readonly #filter: Uint8Array;
  /** Newest first. */
  #generations: Generation[];

  /** @param generations at most 8 */
  constructor(generation = GENERATION, generations = GENERATIONS) {
    this.#generation = generation;
    this.#most = generations;
    this.#filter = new Uint8Array(2 ** Math.ceil(Math.log2(Math.max(64, generation * FILTER_BYTES_PER_ID))));
    this.#generations = [{ bit: 1, ids: new Fingerprints(generation) }];
  }

  /** Number of newest IDs that are certainly known. */
  get guaranteed(): number {
    return this.#generation * (this.#most - 1);
  }

  has(id: Fingerprint): boolean {
    const first = this.#firstByte(id);
    const bits = (this.#filter[first] as number) & (this.#filter[secondByte(first, id)] as number);
    if (bits === 0) return false;
    return this.#generations.some(({ bit, ids }) => (bits & bit) !== 0 && ids.has(id));
  }

  add(id: Fingerprint): void {
    let [newest] = this.#generations as [Generation];
    if (newest.ids.isFull) {
      newest = { bit: this.#freeBit(), ids: new Fingerprints(this.#generation) };
      this.#generations.unshift(newest);
    }
    newest.ids.add(id);
    const first = this.#firstByte(id);
    const second = secondByte(first, id);
    this.#filter[first] = (this.#filter[first] as number) | newest.bit;
    this.#filter[second] = (this.#filter[second] as number) | newest.bit;
  }

  #firstByte({ low }: Fingerprint): number {
    return low & (this.#filter.length - 1);
  }

  /** A bit for another generation; that of the oldest, which is dropped, if there are enough. */
  #freeBit(): number {
    if (this.#generations.length < this.#most) return 1 << this.#generations.length;
    const { bit } = this.#generations.pop() as Generation;
    // Four bytes at once: 3 ms.
    const words = new Int32Array(this.#filter.buffer);
    const kept = ~(bit * 0x01010101);
    for (let i = 0; i < words.length; i += 1) words[i] = (words[i] as number) & kept;
    return bit;
  }
}

/** The tables take the upper half of a fingerprint, and the first byte the end of the lower. */
const secondByte = (first: number, { low }: Fingerprint) => first ^ ((low >>> 24) & LINE_MASK);
