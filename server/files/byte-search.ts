/** Searches a stream for a byte sequence, also across chunk borders. */
export class ByteSearch {
  readonly #wanted: Buffer;
  #rest: Buffer = Buffer.alloc(0);
  #isFound = false;

  constructor(wanted: Buffer) {
    this.#wanted = wanted;
  }

  /** Whether the sequence has occurred so far. */
  get isFound(): boolean {
    return this.#isFound;
  }

  async *through(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#see(chunk);
      yield chunk;
    }
  }

  #see(chunk: Buffer): void {
    if (this.#isFound) return;
    const overlap = this.#wanted.length - 1;
    const border = Buffer.concat([this.#rest, chunk.subarray(0, overlap)]);
    this.#isFound = chunk.includes(this.#wanted) || border.includes(this.#wanted);
    this.#rest = Buffer.from(chunk.length < overlap ? border.subarray(-overlap) : chunk.subarray(-overlap));
  }
}
