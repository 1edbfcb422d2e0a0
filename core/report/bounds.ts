/** An interval; an unbounded end is null, as in the lift over a control without conversions. */
export type Bounds = readonly [lower: number | null, upper: number | null];

/** Converts an interval of `core/statistics` to the report's form. */
export function boundsOf(interval: readonly [lower: number, upper: number] | null): Bounds | null {
  return interval && [finite(interval[0]), finite(interval[1])];
}

/** A number that survives JSON unchanged: null if not finite, 0 for −0. */
export function finite(number: number | null): number | null {
  return number !== null && Number.isFinite(number) ? number + 0 : null;
}

/** Whether 0 lies outside; an end at 0 counts as inside. */
export function excludesZero([lower, upper]: Bounds): boolean {
  return (lower !== null && lower > 0) || (upper !== null && upper < 0);
}
