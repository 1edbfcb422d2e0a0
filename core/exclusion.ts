import * as v from "valibot";
import type { Event } from "./event.ts";
import { isTimestamp, timestamp } from "./timestamp.ts";

const ALLOWED = "a network of a day {network, day}, or a time range {from, to}";
const NETWORK_ALLOWED = "a network's hash of 8 hex digits";
const DAY_ALLOWED = "a day such as 2026-01-31";
const MAX_EXCLUSIONS = 100;

const NetworkDay = v.strictObject({
  network: v.pipe(v.string(NETWORK_ALLOWED), v.regex(/^[0-9a-f]{8}$/, NETWORK_ALLOWED)),
  day: v.pipe(
    v.string(DAY_ALLOWED),
    v.check((day) => isTimestamp(`${day}T00:00:00Z`), DAY_ALLOWED),
  ),
});

const TimeRange = v.pipe(
  v.strictObject({ from: timestamp(), to: timestamp() }),
  v.check(({ from, to }) => Date.parse(from) < Date.parse(to), "a time range whose end is after its beginning"),
);

/** Parts of the log that an admin left out of an experiment's report. */
export const Exclusions = v.pipe(
  v.array(v.union([NetworkDay, TimeRange], ALLOWED), "a list of what is left out"),
  v.maxLength(MAX_EXCLUSIONS, `at most ${MAX_EXCLUSIONS}`),
);

/**
 * Events from one network on one day (UTC), or events received from `from` until before `to`; both
 * by the server's clock.
 */
export type Exclusion = v.InferOutput<typeof Exclusions>[number];

/**
 * Time at which an event was known to the server, in milliseconds since 1970: when it was received,
 * or when it happened if that is later or no server received it.
 *
 * @param at time of the event in milliseconds since 1970
 */
export function knownAt({ receivedAt }: Event, at: number): number {
  return typeof receivedAt === "string" && isTimestamp(receivedAt) ? Math.max(at, Date.parse(receivedAt)) : at;
}

/** Whether an event is left out by any of the exclusions. */
export function isExcluded(event: Event, known: number, exclusions: readonly Exclusion[]): boolean {
  return exclusions.some((exclusion) => {
    const { start, end } = timesOfExclusion(exclusion);
    return known >= start && known < end && (!("network" in exclusion) || event.net === exclusion.network);
  });
}

/** Milliseconds since 1970; the end is not part of it. */
export function timesOfExclusion(exclusion: Exclusion): { readonly start: number; readonly end: number } {
  if (!("network" in exclusion)) return { start: Date.parse(exclusion.from), end: Date.parse(exclusion.to) };
  const start = Date.parse(`${exclusion.day}T00:00:00Z`);
  return { start, end: start + 86_400_000 };
}
