import type { Fingerprint } from "../../core/sticky/fingerprint.ts";
import { Fingerprints } from "../events/fingerprints.ts";

const TABLE = 1_250_000;
const MAX_SUSPECTS = 10_000;

/**
 * Finds repeated IDs in two passes over a log: the first keeps 64 bits of each ID and suspects
 * repeated ones, the second compares the suspects in full, because two IDs can share a fingerprint.
 */
export class RepeatedIds {
  readonly #tables = [new Fingerprints(TABLE)];
  readonly #suspects = new Set<string>();
  readonly #seen = new Set<string>();

  /** First pass. */
  suspect(id: string, print: Fingerprint): void {
    if (this.#tables.some((table) => table.has(print))) {
      if (this.#suspects.size < MAX_SUSPECTS) this.#suspects.add(id);
      return;
    }
    let newest = this.#tables.at(-1) as Fingerprints;
    if (newest.isFull) {
      newest = new Fingerprints(TABLE);
      this.#tables.push(newest);
    }
    newest.add(print);
  }

  /** Whether a second pass is needed. */
  get hasSuspects(): boolean {
    return this.#suspects.size > 0;
  }

  /** Second pass: whether the ID occurred before. */
  isRepeated(id: string): boolean {
    if (!this.#suspects.has(id)) return false;
    if (this.#seen.has(id)) return true;
    this.#seen.add(id);
    return false;
  }
}
