import * as v from "valibot";

const WINDOW_ALLOWED = "a time from 5m to 90d in minutes, hours or days, such as 30m, 12h or 1d, or null";
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Arbitrary: a shorter window misses visitors who read first, a longer one never closes. */
const MIN_WINDOW_MS = 5 * UNIT_MS.m;
const MAX_WINDOW_MS = 90 * UNIT_MS.d;

/**
 * Time after its first exposure in which a unit's events count: `5m` to `90d`; null for no limit.
 */
export const Window = v.nullable(
  v.pipe(
    v.string(WINDOW_ALLOWED),
    v.regex(/^[1-9]\d{0,5}[mhd]$/, WINDOW_ALLOWED),
    v.check((text) => millisecondsOf(text) >= MIN_WINDOW_MS && millisecondsOf(text) <= MAX_WINDOW_MS, WINDOW_ALLOWED),
  ),
);

/** Length of a window in milliseconds; null without a window. */
export function windowMs(window: string | null | undefined): number | null {
  return window == null ? null : millisecondsOf(window);
}

function millisecondsOf(text: string): number {
  return Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1) as keyof typeof UNIT_MS];
}
