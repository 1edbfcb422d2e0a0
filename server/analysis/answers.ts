import type { Position } from "../events/segments.ts";
import { BoundedMap } from "../memory/bounded-map.ts";

/** Answers that are remembered; arbitrary. The least recently asked one gives way. */
const MAX_ANSWERS = 500;

/** An answer, and where the log ended when it was asked for. */
interface Answer {
  readonly end: Position;
  readonly result: Promise<unknown>;
}

/**
 * Remembers answers that only depend on the log, until it grows. Of a question that comes again while it is being answered
 * for a shorter log, only one waits, and answers all who asked meanwhile: however many look at a page, and however fast the
 * log grows, at most two of the same are under way.
 */
export class Answers {
  readonly #end: () => Position;
  readonly #known = new BoundedMap<string, Answer>(MAX_ANSWERS);
  readonly #waiting = new Map<string, Promise<unknown>>();

  constructor(end: () => Position) {
    this.#end = end;
  }

  /** The answer for the log as it is now, or later. */
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
