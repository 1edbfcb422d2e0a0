import type { EpochTally } from "../tally.ts";

/** The rate at which new devices arrive. */
export interface Pace {
  /** A group's newly exposed devices per day. */
  readonly perDay: (group: string) => number;
}

const DAY_MS = 86_400_000;
/** A week, so that it includes a weekend. */
const DAYS = 7;
/** Arbitrary: the first devices of an hour say nothing about a day. */
const MIN_DAYS = 1 / 24;

/**
 * Measures the pace from the first device, or from 0:00 UTC six days ago if that is later, until
 * now.
 *
 * @param asOf now, ISO 8601 in UTC
 * @returns null without devices, or if the first one is less than an hour old
 */
export function paceOf(counted: EpochTally | null, asOf: string): Pace | null {
  if (!counted) return null;
  const start = Date.parse(asOf.slice(0, 10)) - (DAYS - 1) * DAY_MS;
  const days = (Date.parse(asOf) - Math.max(Date.parse(counted.firstAt), start)) / DAY_MS;
  if (days < MIN_DAYS) return null;
  const recent = counted.days.filter(({ day }) => Date.parse(day) >= start).flatMap(({ groups }) => groups);
  return {
    perDay: (name) =>
      recent.filter(({ group }) => group === name).reduce((sum, { devices }) => sum + devices, 0) / days,
  };
}
