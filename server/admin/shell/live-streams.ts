interface Options {
  /** Answers at a time; arbitrary. Each holds a connection. */
  readonly most: number;
  /** How often to look for something new. */
  readonly everyMs: number;
}

/** Answers that go on as long as somebody looks: a bounded number of them, which all end when the server stops. */
export class LiveStreams {
  readonly everyMs: number;
  readonly #most: number;
  readonly #stop = new AbortController();
  #open = 0;

  constructor({ most = 50, everyMs = 3000 }: Partial<Options> = {}) {
    this.#most = most;
    this.everyMs = everyMs;
  }

  /** Aborted when all have to end. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  get open(): number {
    return this.#open;
  }

  /** Counts one more, until what it returns is called; null when there are too many. */
  take(): (() => void) | null {
    if (this.#stop.signal.aborted || this.#open >= this.#most) return null;
    this.#open += 1;
    return () => {
      this.#open -= 1;
    };
  }

  close(): void {
    this.#stop.abort();
  }
}
