import type { Event } from "./event.ts";
import { type Exclusion, isExcluded, knownAt } from "./exclusion.ts";
import { isTimestamp, TIME_ALLOWED } from "./timestamp.ts";

/** Part of a log to count. */
export interface Scope {
  /** The simulator run whose events count; null for those of real visitors. */
  readonly run: string | null;
  /** ISO 8601 time in UTC; events that happened or were received later are ignored. */
  readonly until?: string;
  /** Parts of the log to leave out; default none. */
  readonly exclusions?: readonly Exclusion[];
}

/** An event that counts. */
export interface Counted {
  readonly event: Event;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Events of a log that count, by rules 2, 3, 4, 6 and 23 of `tally`, in log order.
 *
 * @param isByReceipt whether `at` is the time of receipt, instead of the event's own
 * @throws RangeError when `until` is not a time
 */
export function countedEvents(
  events: Iterable<Event>,
  scope: Scope,
  isWanted: (event: Event, at: number) => boolean,
  isByReceipt = false,
): Counted[] {
  requireTime(scope.until);
  const isInScope = scopeTest(scope);
  const seen = new Set<string>();
  const counted: Counted[] = [];
  for (const event of events) {
    const at = Date.parse(event.ts);
    if (!isWanted(event, at) || seen.has(event.id) || !isInScope(event, at)) continue;
    seen.add(event.id);
    counted.push({ event, at: isByReceipt ? knownAt(event, at) : at });
  }
  return counted;
}

/** Whether an event, at its time in milliseconds since 1970, is in the part of the log to count. */
export function scopeTest({ run, until, exclusions = [] }: Scope): (event: Event, at: number) => boolean {
  const end = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  return (event, at) => {
    if ((event.run ?? null) !== run || Number.isNaN(at)) return false;
    const known = knownAt(event, at);
    return known <= end && !isExcluded(event, known, exclusions);
  };
}

/** Throws RangeError when a given time is invalid. */
export function requireTime(time: string | undefined, name = "until"): void {
  if (time === undefined || isTimestamp(time)) return;
  throw new RangeError(`${name} is "${time}": allowed is ${TIME_ALLOWED}`);
}
