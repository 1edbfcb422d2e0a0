import { BoundedMap } from "../memory/bounded-map.ts";

/** Counting ten million events takes some 10 s; nobody waits for longer. */
const SLOW_MS = 10_000;
/** Oldest count that is taken by whoever asks again. */
const MAX_WAITED_MS = 300_000;
/** Maximum number of counts that somebody waited for (arbitrary); the oldest one is forgotten. */
const MAX_WAITED = 500;

/** Counting goes on, for longer than a request waits for it. */
export class CountingSlow extends Error {
  constructor() {
    super("counting takes longer than usual: ask again in 10 s");
  }
}

/**
 * The result of a count, or CountingSlow at a deadline. The count then goes on, and whoever asks
 * the same again takes it, once: on a busy site a new one would be late again.
 */
export type InTime = <Result>(question: readonly unknown[], count: () => Promise<Result>) => Promise<Result>;

/** @param slowMs milliseconds that a request waits */
export function inTime(slowMs = SLOW_MS, now: () => number = Date.now): InTime {
  const waited = new BoundedMap<string, { readonly at: number; readonly counting: Promise<unknown> }>(MAX_WAITED);
  return async <Result>(question: readonly unknown[], count: () => Promise<Result>): Promise<Result> => {
    const name = JSON.stringify(question);
    const before = waited.get(name);
    const isTaken = before !== undefined && now() - before.at < MAX_WAITED_MS;
    const counting = isTaken ? (before.counting as Promise<Result>) : count();
    const at = isTaken ? before.at : now();
    let timer: NodeJS.Timeout | undefined;
    const slow = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new CountingSlow()), slowMs);
    });
    try {
      const result = await Promise.race([counting, slow]);
      waited.delete(name);
      return result;
    } catch (error) {
      if (error instanceof CountingSlow) waited.set(name, { at, counting });
      else waited.delete(name);
      throw error;
    } finally {
      clearTimeout(timer);
      // After a slow answer its error is the next one's.
      counting.catch(() => undefined);
    }
  };
}
