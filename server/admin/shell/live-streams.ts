interface Options {
  /** Maximum number of open streams; arbitrary. Each holds a connection. */
  readonly maxOpen: number;
  /** Interval between checks for changes. */
  readonly everyMs: number;
}

/** Limits the number of open streams, and ends all of them when the server stops. */
export class LiveStreams {
  readonly everyMs: number;
  readonly #maxOpen: number;
  readonly #stop = new AbortController();
  #open = 0;

  constructor({ maxOpen = 50, everyMs = 3000 }: Partial<Options> = {}) {
    this.#maxOpen = maxOpen;
    this.everyMs = everyMs;
  }

  /** Aborted when all streams must end. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  get open(): number {
    return this.#open;
  }

  /** Opens a stream and returns the function that closes it; null above the limit. */
  take(): (() => void) | null {
    if (this.#stop.signal.aborted || this.#open >= this.#maxOpen) return null;
    this.#open += 1;
    return () => {
      this.#open -= 1;
    };
  }

  close(): void {
    this.#stop.abort();
  }
}
