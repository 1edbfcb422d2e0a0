/** Milliseconds between two frames. */
const FRAME_MS = 16;
/** Timers that one visit may run; a page that sets more never settles. */
const MAX_TIMERS = 10_000;

interface Timer {
  readonly id: number;
  readonly atMs: number;
  readonly everyMs: number | null;
  run(): void;
}

/**
 * Time of one visitor: timers wait for nothing but their turn, so that a visit takes no longer than
 * its work.
 */
export class VirtualClock {
  #nowMs: number;
  readonly #startMs: number;
  #timers: Timer[] = [];
  #lastId = 0;
  #runs = 0;
  #dateMs: number | null;
  readonly Date: DateConstructor;

  /**
   * @param startMs when the visit begins, as `Date.now` has it
   * @param isHeld true if the date stays while timers run, until it is set
   */
  constructor(startMs: number, isHeld = false) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
    this.#dateMs = isHeld ? startMs : null;
    const now = () => Math.floor(this.#dateMs ?? this.#nowMs);
    this.Date = class extends Date {
      constructor(...given: [] | [number | string | Date]) {
        super(given.length === 0 ? now() : given[0]);
      }
      static override now = now;
    } as DateConstructor;
  }

  readonly performance = { now: () => this.#nowMs - this.#startMs, timeOrigin: 0 };
  readonly now = () => this.#nowMs;

  readonly setTimeout = (run: (...args: unknown[]) => unknown, delayMs = 0, ...args: unknown[]): number =>
    this.#add(delayMs, null, () => run(...args));

  readonly setInterval = (run: (...args: unknown[]) => unknown, delayMs = 0, ...args: unknown[]): number =>
    this.#add(delayMs, Math.max(1, delayMs), () => run(...args));

  readonly requestAnimationFrame = (draw: (atMs: number) => void): number =>
    this.#add(FRAME_MS, null, () => draw(this.performance.now()));

  readonly clear = (id?: number): void => {
    this.#timers = this.#timers.filter((timer) => timer.id !== id);
  };

  /** Sets the date, which then stays. */
  hold(dateMs: number): void {
    this.#dateMs = dateMs;
  }

  /** Lets time pass without running timers: the network took it. */
  pass(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  /** Runs the next timer that is due up to then; returns whether there was one. */
  runNext(untilMs: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.atMs < next.atMs) next = timer;
    if (!next || next.atMs > untilMs) return false;
    this.#runs += 1;
    if (this.#runs > MAX_TIMERS) throw new Error(`the page set more than ${MAX_TIMERS} timers`);
    this.clear(next.id);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    if (next.everyMs !== null) this.#timers.push({ ...next, atMs: this.#nowMs + next.everyMs });
    next.run();
    return true;
  }

  #add(delayMs: number, everyMs: number | null, run: () => void): number {
    this.#lastId += 1;
    this.#timers.push({ id: this.#lastId, atMs: this.#nowMs + Math.max(0, Number(delayMs) || 0), everyMs, run });
    return this.#lastId;
  }
}
