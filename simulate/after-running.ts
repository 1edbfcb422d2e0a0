const STEPS = 10;

/**
 * Calls a function when this process has run for a time. A machine that sleeps, or a process that
 * is stopped, is not blamed on others: such a pause counts as one step of ten.
 *
 * @returns a function that cancels it
 */
export function afterRunning(ms: number, call: () => void): () => void {
  let left = STEPS;
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    call();
  }, ms / STEPS);
  return () => clearInterval(timer);
}

/** Settles as a promise does, or rejects with an error when this process has run for a time. */
export function within<Value>(ms: number, promise: Promise<Value>, late: Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = afterRunning(ms, () => reject(late));
    promise.finally(cancel).then(resolve, reject);
  });
}
