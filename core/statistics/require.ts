/**
 * Larger than any real number of devices; up to it every function takes milliseconds and has its
 * stated accuracy.
 */
export const MAX_COUNT = 1e12;

/**
 * Throws the RangeError of `core/statistics`: it names the field, the value and what is allowed.
 */
export function reject(field: string, value: unknown, allowed: string): never {
  throw new RangeError(`${field} is ${String(value)}: allowed are ${allowed}`);
}

/** Requires a whole number from `low` (0) to `high` (10^12). Throws RangeError. */
export function requireCount(field: string, value: number, low = 0, high = MAX_COUNT): void {
  if (!(Number.isSafeInteger(value) && value >= low && value <= high)) {
    reject(field, value, `whole numbers from ${low} to ${high}`);
  }
}

/** Requires a number from `low` to `high`, inclusive. NaN is never allowed. Throws RangeError. */
export function requireWithin(field: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) reject(field, value, `numbers from ${low} to ${high}`);
}

/** Requires a number strictly between `low` and `high`. Throws RangeError. */
export function requireBetween(field: string, value: number, low: number, high: number): void {
  if (!(value > low && value < high)) reject(field, value, `numbers above ${low} and below ${high}`);
}

/**
 * Requires a significance level: above 0 and below 1, and not so small that half of it underflows.
 * Throws RangeError.
 */
export function requireAlpha(alpha: number): void {
  if (!(alpha >= 1e-300 && alpha < 1)) reject("alpha", alpha, "numbers from 1e-300 to below 1");
}

/**
 * Requires 0, or an absolute value from `min` to `max`, so that products and quotients stay in
 * range. Throws RangeError.
 */
export function requireSize(field: string, value: number, min: number, max: number): void {
  const size = Math.abs(value);
  if (value !== 0 && !(size >= min && size <= max)) {
    reject(field, value, `0 and numbers from ${min} to ${max} in size`);
  }
}
