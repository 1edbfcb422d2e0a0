import type { EventText } from "../../core/event-text.ts";
import { FRAME_BYTES } from "./journal.ts";

const FIRST_BYTES = 64 * 1024;
/** A longer buffer is not reused for the next batch. */
const MAX_KEPT_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const BRACE = 0x7d;

/**
 * Lines of text as written to disk. Encoded at once: a string that waits for its batch outlives the
 * young generation of the heap, together with the whole body that it is a substring of.
 */
export class LineBuffer {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = FRAME_BYTES;
  #lines = 0;

  /** Number of lines. */
  get count(): number {
    return this.#lines;
  }

  get byteLength(): number {
    return this.#length - FRAME_BYTES;
  }

  /** The lines in UTF-8, each with its newline; valid until the next change. */
  get bytes(): Buffer {
    return this.#buffer.subarray(FRAME_BYTES, this.#length);
  }

  /** The same, preceded by room for the frame of a journal record. */
  get frame(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  push({ text, start, end, addition }: EventText): void {
    // A UTF-16 unit takes at most 3 bytes of UTF-8.
    this.#makeRoom((end - start + addition.length) * 3 + 1);
    this.#write(text.slice(start, end - 1));
    if (addition !== "") this.#write(addition);
    this.#buffer[this.#length] = BRACE;
    this.#buffer[this.#length + 1] = NEWLINE;
    this.#length += 2;
    this.#lines += 1;
  }

  #write(text: string): void {
    this.#length += this.#buffer.write(text, this.#length, "utf8");
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const longer = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(longer, 0, 0, this.#length);
    this.#buffer = longer;
  }

  clear(): void {
    this.#length = FRAME_BYTES;
    this.#lines = 0;
    if (this.#buffer.length > MAX_KEPT_BYTES) this.#buffer = Buffer.allocUnsafe(FIRST_BYTES);
  }
}
