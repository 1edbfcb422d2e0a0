/** Runs asynchronous functions one after the other, in the order of the calls. */
export class PromiseQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as `work` does; its error does not reach those that wait behind it. */
  run<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything is done that was waiting at the time of the call. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
