const INTERRUPTED = 130;
const TERMINATED = 143;

/** Lets a signal end the process by its exit event, in which browsers and servers are ended. */
export function exitOnSignals(): void {
  process.once("SIGINT", () => process.exit(INTERRUPTED));
  process.once("SIGTERM", () => process.exit(TERMINATED));
}
