import { requireCount } from "./require.ts";

/** A group's result on a goal that each device can reach once. */
export interface Conversions {
  /** Devices, a whole number from 0 to 10^12. */
  readonly n: number;
  /** Devices that converted, a whole number from 0 to n. */
  readonly conversions: number;
}

/** Throws RangeError naming the group's field, unless n and conversions are valid counts. */
export function requireConversions(group: string, { n, conversions }: Conversions): void {
  requireCount(`${group}.n`, n);
  requireCount(`${group}.conversions`, conversions, 0, n);
}

/**
 * nA nB (rate of B − rate of A), exact to the last digit: at 1e9 devices the difference of two
 * rounded rates would keep only seven.
 */
export function crossDifference(a: Conversions, b: Conversions): number {
  return Number(BigInt(b.conversions) * BigInt(a.n) - BigInt(a.conversions) * BigInt(b.n));
}

/** Rate of B − rate of A, of groups with devices: −1 to 1, as exact as a double is. */
export function rateDifference(a: Conversions, b: Conversions): number {
  return Math.min(1, Math.max(-1, crossDifference(a, b) / (a.n * b.n)));
}

/**
 * Rate of B / rate of A − 1, of groups with devices: at least −1; null if no device of A
 * converted.
 */
export function rateLift(a: Conversions, b: Conversions): number | null {
  return a.conversions === 0 ? null : Math.max(-1, crossDifference(a, b) / (a.conversions * b.n));
}
