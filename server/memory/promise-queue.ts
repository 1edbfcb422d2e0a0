/** Runs asynchronous functions one after the other, in the order of the calls. */
export class PromiseQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles like `work`; its error does not affect later work. */
  run<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all work queued before the call is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
