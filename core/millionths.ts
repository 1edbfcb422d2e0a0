/** Resolution of values, so that sums are exact. */
export const MILLIONTHS = 1_000_000;

/** Largest size of a value that counts, and of a device's total when its goal has no cap. */
export const MAX_VALUE = 1_000_000_000;

/** Splits a double into two halves of 26 bits (Veltkamp). */
export const SPLITTER = 2 ** 27 + 1;

/**
 * A value in millionths, rounded to the nearest one, half to even; null beyond ±10^9, and for NaN.
 *
 * Rounds the exact product. A product of doubles may itself be rounded to a half: its error, which
 * Dekker's product gives exactly, decides the side. Any language with doubles gets the same result.
 *
 * Source: T. J. Dekker 1971, "A floating-point technique for extending the available precision".
 */
export function toMillionths(value: number): bigint | null {
  if (!(Math.abs(value) <= MAX_VALUE)) return null;
  const product = value * MILLIONTHS;
  const whole = Math.floor(product);
  const part = product - whole;
  return BigInt(part > 0.5 || (part === 0.5 && isAbove(value, product, whole)) ? whole + 1 : whole);
}

/** Whether a product that was rounded to whole + 0.5 must be rounded up. */
function isAbove(value: number, product: number, whole: number): boolean {
  const shifted = value * SPLITTER;
  const high = shifted - (shifted - value);
  const error = high * MILLIONTHS - product + (value - high) * MILLIONTHS;
  return error > 0 || (error === 0 && whole % 2 !== 0);
}
