/** A value is counted in so many parts of 1, so that sums are exact. */
export const MILLIONTHS = 1_000_000;

/** Largest size of a value that counts. */
export const LARGEST_VALUE = 1_000_000_000;

/**
 * A value in millionths; null when it has more than six decimals or is beyond ±10^9, because it would have to be changed.
 *
 * A number has six decimals when it is the double nearest to a whole number of millionths. Below 10^9 that number is the
 * product's rounded one (its error is below 0.25), and division rounds correctly: any language with doubles finds the same.
 */
export function toMillionths(value: number): bigint | null {
  const millionths = Math.round(value * MILLIONTHS);
  return Math.abs(value) <= LARGEST_VALUE && millionths / MILLIONTHS === value ? BigInt(millionths) : null;
}
