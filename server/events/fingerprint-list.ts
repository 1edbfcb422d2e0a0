import type { Fingerprint } from "../../core/sticky/fingerprint.ts";

/** Fingerprints in order, 8 bytes each. */
export class FingerprintList {
  #words: Int32Array;
  #length: number;

  constructor(words: Int32Array = new Int32Array(0)) {
    this.#words = words;
    this.#length = words.length / 2;
  }

  get length(): number {
    return this.#length;
  }

  /** The words as stored in a file. */
  get words(): Int32Array {
    return this.#words.subarray(0, this.#length * 2);
  }

  at(index: number): Fingerprint {
    return { high: this.#words[index * 2] ?? 0, low: this.#words[index * 2 + 1] ?? 0 };
  }

  is(index: number, high: number, low: number): boolean {
    return this.#words[index * 2 + 1] === low && this.#words[index * 2] === high;
  }

  push({ high, low }: Fingerprint): void {
    if (this.#length * 2 === this.#words.length) {
      const longer = new Int32Array(Math.max(2048, this.#words.length * 2));
      longer.set(this.#words);
      this.#words = longer;
    }
    this.#words[this.#length * 2] = high;
    this.#words[this.#length * 2 + 1] = low;
    this.#length += 1;
  }

  clear(): void {
    this.#length = 0;
  }
}
