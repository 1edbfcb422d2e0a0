import type { Goal } from "./goal.ts";
import { MAX_VALUE, MILLIONTHS, toMillionths } from "./millionths.ts";

/** Bound of totals without a cap, in millionths: squares of 10^8 of them fit 128 bits. */
export const MAX_TOTAL = BigInt(MAX_VALUE) * BigInt(MILLIONTHS);

/** Resolution of percentiles. */
export const PERCENTILE_PARTS = 100_000;

/** Bound of a goal's totals in millionths; a percentile cap depends on the totals. */
export function fixedLimit({ cap }: Pick<Goal, "cap">): bigint | null {
  if (cap == null) return MAX_TOTAL;
  if (typeof cap !== "number") return null;
  const limit = toMillionths(cap) ?? MAX_TOTAL;
  return limit > 0n ? limit : 1n;
}

/** Number of PERCENTILE_PARTS above a percentile. */
export function partsAbove(percentile: number): number {
  return PERCENTILE_PARTS - Math.round((percentile * PERCENTILE_PARTS) / 100);
}

/**
 * A percentile of n totals by nearest rank; totals not given are 0. If it is not above 0, too few
 * devices have a total for a percentile: the bound is then that without a cap.
 */
export function percentileLimit(percentile: number, n: number, totals: readonly bigint[]): bigint {
  const above = Math.floor((n * partsAbove(percentile)) / PERCENTILE_PARTS);
  const descending = totals.filter((total) => total > 0n).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  const limit = descending[above] ?? MAX_TOTAL;
  return limit < MAX_TOTAL ? limit : MAX_TOTAL;
}

/** A total clamped to ±limit. */
export function capped(total: bigint, limit: bigint): bigint {
  return total > limit ? limit : total < -limit ? -limit : total;
}
