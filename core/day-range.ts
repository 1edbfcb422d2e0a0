import { isTimestamp } from "./timestamp.ts";

/** First and last day, inclusive, in UTC, such as `2026-01-31`. */
export interface DayRange {
  readonly first: string;
  readonly last: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Start (inclusive) and end (exclusive) of a range of days, in milliseconds since 1970.
 *
 * @throws RangeError when one is not a day, or the last comes before the first
 */
export function timesOf({ first, last }: DayRange): { readonly start: number; readonly end: number } {
  const [start, end] = [startOf(first), startOf(last) + DAY_MS];
  if (start >= end) throw new RangeError(`the last day is ${last}: allowed is one from ${first} on`);
  return { start, end };
}

function startOf(day: string): number {
  const midnight = `${day}T00:00:00.000Z`;
  if (!isTimestamp(midnight)) throw new RangeError(`a day is "${day}": allowed is one such as 2026-01-31`);
  return Date.parse(midnight);
}
