import type { Event } from "./event.ts";
import { isTimestamp, TIME_ALLOWED } from "./timestamp.ts";

/** Part of a log to count. */
export interface Scope {
  /** The simulator run whose events count; null for those of real visitors. */
  readonly run: string | null;
  /** ISO 8601 time in UTC; later events are ignored. */
  readonly until?: string;
}

/** An event that counts. */
export interface Counted {
  readonly event: Event;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Events of a log that count, by rules 2, 3, 4 and 6 of `tally`, in log order.
 *
 * @throws RangeError when `until` is not a time
 */
export function countedEvents(
  events: Iterable<Event>,
  { run, until }: Scope,
  isWanted: (event: Event, at: number) => boolean,
): Counted[] {
  requireTime(until);
  const end = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  const seen = new Set<string>();
  const counted: Counted[] = [];
  for (const event of events) {
    const at = Date.parse(event.ts);
    if ((event.run ?? null) !== run || !(at <= end) || !isWanted(event, at) || seen.has(event.id)) continue;
    seen.add(event.id);
    counted.push({ event, at });
  }
  return counted;
}

/** Throws RangeError when a given time is invalid. */
export function requireTime(time: string | undefined, name = "until"): void {
  if (time === undefined || isTimestamp(time)) return;
  throw new RangeError(`${name} is "${time}": allowed is ${TIME_ALLOWED}`);
}
