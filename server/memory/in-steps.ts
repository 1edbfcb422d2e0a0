import { setImmediate as turn } from "node:timers/promises";

/** Longest part of a computation without other work in between. */
const MAX_STEP_MS = 8;

/**
 * Maps a long list, letting other requests have their turn every few milliseconds, and after the
 * end: what follows has a turn of its own.
 */
export async function inSteps<Item, Result>(
  items: Iterable<Item>,
  map: (item: Item, place: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  let began = performance.now();
  for (const item of items) {
    results.push(map(item, results.length));
    if (results.length % 16 !== 0 || performance.now() - began < MAX_STEP_MS) continue;
    await turn();
    began = performance.now();
  }
  await turn();
  return results;
}
