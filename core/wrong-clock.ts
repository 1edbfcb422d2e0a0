import type { Event } from "./event.ts";

/** Larger clock errors are counted: they may have mattered before times were corrected. */
export const MAX_CLOCK_ERROR_MS = 120_000;

/** Rule 21 of `tally`: whether the server corrected an event's time by more than that. */
export function isWrongClock({ clockMs }: Event): boolean {
  return typeof clockMs === "number" && Math.abs(clockMs) > MAX_CLOCK_ERROR_MS;
}
