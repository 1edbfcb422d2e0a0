/** Positions of values along an axis. */
export interface PlotScale {
  /** Position of a value, 0 to 100. */
  readonly at: (value: number) => number;
  /** Round values to label, ascending. */
  readonly ticks: readonly number[];
}

/** Share of the axis left free at both ends, for marks around a value. */
const MARGIN = 0.08;

/** Smaller relative differences are rounding errors. */
const ALIKE = 1e-9;
const TINY = 1e-12;

/** An axis with room for all of these values (at least one), and about `wanted` round labels. */
export function plotScale(values: readonly number[], wanted: number): PlotScale {
  // Not spread: a call has a limited number of arguments, and there may be more days.
  const min = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const max = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const span = spanOf(min, max);
  const from = min - span * MARGIN;
  const length = span * (1 + 2 * MARGIN);
  const step = roundStep(length / wanted);
  const first = Math.ceil(from / step);
  const last = Math.floor((from + length) / step);
  return {
    at: (value) => Math.min(100, Math.max(0, (100 * (value - from)) / length)),
    // Multiplied, not accumulated: sums would end at 0.30000000000000004.
    ticks: Array.from({ length: Math.max(0, last - first + 1) }, (_, n) =>
      Number(((first + n) * step).toPrecision(12)),
    ),
  };
}

/** For values that are equal up to rounding, any span works. */
function spanOf(min: number, max: number): number {
  const size = Math.max(Math.abs(min), Math.abs(max));
  if (max - min > ALIKE * size && size > TINY) return max - min;
  return size > TINY ? size : 1;
}

/** Smallest of 1, 2, 5, 10, … that is not below `min`. */
function roundStep(min: number): number {
  const power = 10 ** Math.floor(Math.log10(min));
  return ([1, 2, 5].find((digit) => digit * power >= min * (1 - 1e-9)) ?? 10) * power;
}
