/** Above any number of devices; up to here every function answers within milliseconds and to its stated accuracy. */
export const MAX_COUNT = 1e12;

/** Throws the RangeError of all of `core/statistics`: it names the field, the value and what is allowed. */
export function refuse(field: string, value: unknown, allowed: string): never {
  throw new RangeError(`${field} is ${String(value)}: allowed are ${allowed}`);
}

/** Refuses what is not a whole number from `low` (0) to `high` (10^12). */
export function requireCount(field: string, value: number, low = 0, high = MAX_COUNT): void {
  if (!(Number.isSafeInteger(value) && value >= low && value <= high)) {
    refuse(field, value, `whole numbers from ${low} to ${high}`);
  }
}

/** Refuses what is not a number from `low` to `high`, both allowed. NaN is never allowed. */
export function requireWithin(field: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) refuse(field, value, `numbers from ${low} to ${high}`);
}

/** Refuses what is not a number strictly between `low` and `high`, as a significance level must be between 0 and 1. */
export function requireBetween(field: string, value: number, low: number, high: number): void {
  if (!(value > low && value < high)) refuse(field, value, `numbers above ${low} and below ${high}`);
}

/** Refuses what is no significance level: above 0 and below 1, and not so small that half of it underflows. */
export function requireAlpha(alpha: number): void {
  if (!(alpha >= 1e-300 && alpha < 1)) refuse("alpha", alpha, "numbers from 1e-300 to below 1");
}

/** Refuses what is neither 0 nor from `least` to `most` in size, so that products and quotients stay in range. */
export function requireSize(field: string, value: number, least: number, most: number): void {
  const size = Math.abs(value);
  if (value !== 0 && !(size >= least && size <= most)) {
    refuse(field, value, `0 and numbers from ${least} to ${most} in size`);
  }
}
