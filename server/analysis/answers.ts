import type { Position } from "../events/segments.ts";
import { BoundedMap } from "../memory/bounded-map.ts";

/** Maximum number of cached answers (arbitrary); the least recently used one is deleted. */
const MAX_ANSWERS = 500;

/** An answer, and the end of the log that it is based on. */
interface Answer {
  readonly end: Position;
  readonly result: Promise<unknown>;
}

/**
 * Caches answers that depend only on the log, until it grows. While a question is being answered
 * for a shorter log, repeated ones share one pending answer: at most two identical queries run, for
 * any number of viewers and any growth of the log.
 */
export class Answers {
  readonly #end: () => Position;
  readonly #known = new BoundedMap<string, Answer>(MAX_ANSWERS);
  readonly #waiting = new Map<string, Promise<unknown>>();

  constructor(end: () => Position) {
    this.#end = end;
  }

  /** Drops the answers: closed parts of the log have changed. */
  forget(): void {
    this.#known.clear();
  }

  /** Answers for the log as it is now, or later. */
  get<Result>(question: string, work: (end: Position) => Promise<Result>): Promise<Result> {
    const known = this.#known.get(question);
    if (known && isSame(known.end, this.#end())) {
      this.#known.set(question, known);
      return known.result as Promise<Result>;
    }
    const waiting = this.#waiting.get(question);
    if (waiting) return waiting as Promise<Result>;
    const before = known ? known.result.catch(() => undefined) : Promise.resolve();
    const result = before.then(() => {
      this.#waiting.delete(question);
      const end = this.#end();
      const answer = { end, result: work(end) };
      this.#known.set(question, answer);
      answer.result.catch(() => {
        if (this.#known.get(question) === answer) this.#known.delete(question);
      });
      return answer.result;
    });
    this.#waiting.set(question, result);
    return result;
  }
}

function isSame(a: Position, b: Position): boolean {
  return a.segment === b.segment && a.offset === b.offset;
}
