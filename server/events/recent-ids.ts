import type { Fingerprint } from "../../core/sticky/fingerprint.ts";
import { Fingerprints } from "./fingerprints.ts";

/** 16 MiB each: 1.25 million fingerprints fill 60 % of 2^21 slots. */
const GENERATION = 1_250_000;
const GENERATIONS = 5;

/**
 * IDs that tell a resend from a new event: at least the newest 5 million of any age, in at most 80
 * MiB. Two of a million IDs share a fingerprint with a probability of 3 in 100 million; one event
 * is then dropped as a duplicate.
 *
 * Stored in generations of equal size; the oldest is dropped as a whole, so no single ID is ever
 * deleted.
 */
export class RecentIds {
  readonly #generation: number;
  readonly #maxTables: number;
  /** Newest first. */
  #tables: Fingerprints[];

  constructor(generation = GENERATION, generations = GENERATIONS) {
    this.#generation = generation;
    this.#maxTables = generations;
    this.#tables = [new Fingerprints(generation)];
  }

  /** Number of newest IDs that are certainly known. */
  get guaranteed(): number {
    return this.#generation * (this.#maxTables - 1);
  }

  has(id: Fingerprint): boolean {
    for (const table of this.#tables) if (table.has(id)) return true;
    return false;
  }

  add(id: Fingerprint): void {
    let [newest] = this.#tables as [Fingerprints];
    if (newest.isFull) {
      newest = new Fingerprints(this.#generation);
      this.#tables = [newest, ...this.#tables.slice(0, this.#maxTables - 1)];
    }
    newest.add(id);
  }
}
