/** Where values are along an axis. */
export interface PlotScale {
  /** Place of a value, 0 to 100. */
  readonly at: (value: number) => number;
  /** Round values to be named, ascending. */
  readonly ticks: readonly number[];
}

/** Share of the axis that stays free at both ends, for what is drawn around a value. */
const MARGIN = 0.08;

/** Digits beyond these are of rounding. */
const ALIKE = 1e-9;
const TINY = 1e-12;

/** An axis that has room for all of these values, of which there is one at least, and about `wanted` round ones to read it by. */
export function plotScale(values: readonly number[], wanted: number): PlotScale {
  // Not spread: there may be more days than a call may have arguments.
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const span = spanOf(least, most);
  const from = least - span * MARGIN;
  const length = span * (1 + 2 * MARGIN);
  const step = roundStep(length / wanted);
  const first = Math.ceil(from / step);
  const last = Math.floor((from + length) / step);
  return {
    at: (value) => Math.min(100, Math.max(0, (100 * (value - from)) / length)),
    // Times, not plus: what is added up is 0.30000000000000004 in the end.
    ticks: Array.from({ length: Math.max(0, last - first + 1) }, (_, n) =>
      Number(((first + n) * step).toPrecision(12)),
    ),
  };
}

/** Where values are as good as one, any span shows it. */
function spanOf(least: number, most: number): number {
  const size = Math.max(Math.abs(least), Math.abs(most));
  if (most - least > ALIKE * size && size > TINY) return most - least;
  return size > TINY ? size : 1;
}

/** The next of 1, 2, 5, 10, … that is not smaller. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((digit) => digit * power >= least * (1 - 1e-9)) ?? 10) * power;
}
