/** Signals that end a run, with their exit codes: Ctrl-C, a CI that cancels, a closed terminal. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Lets a signal end the process by its exit event, in which browsers and servers are ended. */
export function exitOnSignals(): void {
  for (const [signal, code] of Object.entries(EXIT_CODES)) process.once(signal, () => process.exit(code));
}

/** Signals of a run that reports what it has done so far. */
export interface Interruption {
  /** Exit code of the signal that came; null where none did. */
  readonly code: number | null;
  /** From now on the first signal is kept for the run, and only the second one exits at once. */
  hold(): void;
  /** From now on each signal exits at once again. */
  release(): void;
  stop(): void;
}

/** Listens for signals. Until `hold` is called each of them exits at once. */
export function listenForSignals(): Interruption {
  let code: number | null = null;
  let isHeld = false;
  const listeners = Object.entries(EXIT_CODES).map(([signal, exitCode]) => {
    const listener = () => {
      if (!isHeld || code !== null) process.exit(exitCode);
      code = exitCode;
      process.stderr.write("\nfairsplit: interrupted, finishing the visits under way …\n");
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return {
    get code() {
      return code;
    },
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
    },
    stop() {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    },
  };
}
