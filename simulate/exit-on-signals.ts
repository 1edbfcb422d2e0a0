const HUNG_UP = 129;
const INTERRUPTED = 130;
const TERMINATED = 143;

/** Lets a signal end the process by its exit event, in which browsers and servers are ended. */
export function exitOnSignals(): void {
  process.once("SIGINT", () => process.exit(INTERRUPTED));
  exitOnTermination();
}

/** As above, where Ctrl-C has another meaning. */
export function exitOnTermination(): void {
  process.once("SIGTERM", () => process.exit(TERMINATED));
  // A terminal that was closed.
  process.once("SIGHUP", () => process.exit(HUNG_UP));
}
