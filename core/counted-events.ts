import type { Event } from "./event.ts";
import { isTimestamp, TIME_ALLOWED } from "./timestamp.ts";

/** Which part of a log is looked at. */
export interface Scope {
  /** Which run's events to count; null for those of real visitors. */
  readonly run: string | null;
  /** ISO 8601 time in UTC; what happened later is left out, as if it had not happened yet. */
  readonly until?: string;
}

/** An event that counts. */
export interface Counted {
  readonly event: Event;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * The events of a log that count, by the rules 2, 3, 4 and 6 of `tally`, in log order.
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

/** Throws RangeError when there is something that is no time. */
export function requireTime(time: string | undefined, name = "until"): void {
  if (time === undefined || isTimestamp(time)) return;
  throw new RangeError(`${name} is "${time}": allowed is ${TIME_ALLOWED}`);
}
