/** A turn of the event loop that takes longer says that more comes than can be done, */
const LATE_MS = 100;
/** if so many requests came in it: with fewer the machine is busy with something else, and nobody's leaving would help. */
const MANY = 64;
/** What a turn may take while that lasts: whoever is turned away is told so within two turns. */
const TURN_MS = 6;
/** The gate is open again when nobody was turned away for so long. */
const CALM_MS = 200;

/** Decides which requests are begun while more come than can be done; the others are turned away at once. */
export interface LoadShedder {
  /** To be asked once for each request, when its head is there. */
  admits(): boolean;
}

/**
 * A gate that looks at the turns of the event loop. A server of one thread has its queue in the sockets: in one turn it does
 * all that came during the last one, so under overload turns grow until every client has given up. Then a turn gets a part
 * of its requests only, as many as fit into its time, and the rest are told to come back while they still wait.
 */
export function turnLoadShedder(
  now: () => number = () => performance.now(),
  atTurnsEnd: (callback: () => void) => unknown = setImmediate,
): LoadShedder {
  let turnStart = 0;
  let requests = 0;
  let isInTurn = false;
  let isNarrow = false;
  let lastShed = 0;
  return {
    admits() {
      const time = now();
      if (!isInTurn) {
        isInTurn = true;
        turnStart = time;
        requests = 0;
        atTurnsEnd(() => {
          isInTurn = false;
          const end = now();
          if (end - turnStart > LATE_MS && requests >= MANY && !isNarrow) {
            isNarrow = true;
            lastShed = end;
          }
          if (end - lastShed > CALM_MS) isNarrow = false;
        });
      }
      requests += 1;
      if (!isNarrow || time - turnStart <= TURN_MS) return true;
      lastShed = time;
      return false;
    },
  };
}
