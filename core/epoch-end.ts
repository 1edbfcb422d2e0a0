import { type Counted, requireTime } from "./counted-events.ts";
import type { Event } from "./event.ts";
import { knownAt } from "./exclusion.ts";
import { isExposure } from "./first-exposures.ts";

/**
 * Events received up to this long after an epoch's end may have been in flight; arbitrary. Later
 * ones could be backdated.
 */
export const MAX_LATE_MS = 600_000;

/** End of an epoch: its experiment was stopped, or rolled out. */
export interface EpochEnd {
  readonly epoch: number;
  /** ISO 8601 time in UTC. */
  readonly at: string;
}

/** Time in which an experiment was paused within an epoch; ISO 8601 times in UTC. */
export interface Pause {
  readonly epoch: number;
  readonly from: string;
  /** Null while it is. */
  readonly to: string | null;
}

/** Milliseconds since 1970; the end is not part of it. */
export interface PauseTime {
  readonly epoch: number;
  readonly start: number;
  readonly end: number;
}

/** Throws RangeError when one is not a time. */
export function pauseTimes(pauses: readonly Pause[] = []): PauseTime[] {
  return pauses.map(({ epoch, from, to }) => {
    requireTime(from, `the pause of epoch ${epoch}`);
    if (to !== null) requireTime(to, `the end of the pause of epoch ${epoch}`);
    return { epoch, start: Date.parse(from), end: to === null ? Number.MAX_SAFE_INTEGER : Date.parse(to) };
  });
}

/** Milliseconds since 1970. */
export type EndTimes = ReadonlyMap<number, number>;

/** Ends of epochs; the earliest of several. Throws RangeError when one is not a time. */
export function endTimes(ends: readonly EpochEnd[] = []): EndTimes {
  const times = new Map<number, number>();
  for (const { epoch, at } of ends) {
    requireTime(at, `the end of epoch ${epoch}`);
    times.set(epoch, Math.min(Date.parse(at), endOf(times, epoch)));
  }
  return times;
}

/** End of an epoch; Infinity while it is running. */
export function endOf(times: EndTimes, epoch: number): number {
  return times.get(epoch) ?? Number.POSITIVE_INFINITY;
}

/** Whether an event was received too long after an end; never without `receivedAt`. */
export function isTooLate({ event, at }: Counted, end: number): boolean {
  return knownAt(event, at) > end + MAX_LATE_MS;
}

/**
 * Rule 17 of `tally`: whether an event is an exposure that happened after the end of its epoch, or
 * was received too long after it.
 */
export function isLate(event: Event, at: number, experiment: string, times: EndTimes): boolean {
  if (!isExposure(event, experiment)) return false;
  const end = endOf(times, event.epoch);
  return at > end || isTooLate({ event, at }, end);
}

/** The events, with late ones exposing no device. */
export function withoutLate(counted: readonly Counted[], experiment: string, times: EndTimes): readonly Counted[] {
  if (times.size === 0) return counted;
  return counted.map(({ event, at }) => {
    if (!isLate(event, at, experiment, times)) return { event, at };
    const { epoch: _, ...rest } = event;
    return { event: rest as Event, at };
  });
}
