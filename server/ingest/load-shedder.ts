/** A longer turn of the event loop means overload, */
const LATE_MS = 100;
/**
 * if this many requests came in it. With fewer the machine is busy otherwise, and shedding would
 * not help.
 */
const MANY = 64;
/** Length of a turn under overload: clients are turned away within two turns. */
const TURN_MS = 6;
/** Overload ends when no request was rejected for this long. */
const CALM_MS = 200;

/** Decides which requests are processed under overload; the others are rejected at once. */
export interface LoadShedder {
  /** Call once per request, when its head has arrived. */
  admits(): boolean;
}

/**
 * A load shedder that watches the turns of the event loop. The queue of a single-threaded server is
 * in its sockets: each turn processes everything that came during the last one, so under overload
 * turns grow until every client gives up. It then admits as many requests as fit into a turn's
 * time, and turns the rest away while they still wait.
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
