const FIRST_BYTES = 64 * 1024;
/** A longer one is not kept for the next batch. */
const MOST_KEPT_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Lines of text as they go to the disk. Encoded at once: a text that waits as a string for its batch outlives the young
 * generation of the heap, together with the whole body that it was cut from.
 */
export class LineBuffer {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  #lines = 0;

  /** Number of lines. */
  get count(): number {
    return this.#lines;
  }

  get byteLength(): number {
    return this.#length;
  }

  /** The lines in UTF-8, each with its newline; valid until the next change. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  push(line: string): void {
    // A UTF-16 unit is at most 3 bytes of UTF-8.
    const most = this.#length + line.length * 3 + 1;
    if (most > this.#buffer.length) {
      const longer = Buffer.allocUnsafe(Math.max(most, this.#buffer.length * 2));
      this.#buffer.copy(longer, 0, 0, this.#length);
      this.#buffer = longer;
    }
    this.#length += this.#buffer.write(line, this.#length, "utf8");
    this.#buffer[this.#length] = NEWLINE;
    this.#length += 1;
    this.#lines += 1;
  }

  clear(): void {
    this.#length = 0;
    this.#lines = 0;
    if (this.#buffer.length > MOST_KEPT_BYTES) this.#buffer = Buffer.allocUnsafe(FIRST_BYTES);
  }
}
