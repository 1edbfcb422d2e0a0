/**
 * An interval; null for an end that nothing bounds, such as the lift over a control without
 * conversions.
 */
export type Bounds = readonly [lower: number | null, upper: number | null];

/** An interval of the statistics, as a report has it. */
export function boundsOf(interval: readonly [lower: number, upper: number] | null): Bounds | null {
  return interval && [finite(interval[0]), finite(interval[1])];
}

/** A number as a report has it, the same after JSON: null for one that is not finite, 0 for −0. */
export function finite(number: number | null): number | null {
  return number !== null && Number.isFinite(number) ? number + 0 : null;
}

/** Whether 0 is outside. An end at 0 is inside. */
export function excludesZero([lower, upper]: Bounds): boolean {
  return (lower !== null && lower > 0) || (upper !== null && upper < 0);
}
