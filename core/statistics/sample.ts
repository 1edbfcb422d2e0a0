import { reject, requireCount, requireWithin } from "./require.ts";

/** Above this, differences and errors could overflow. */
const MAX_SIZE = 1e300;

/** A number per device: as a list or as moments. */
export type Sample =
  /** Each from −1e300 to 1e300; an inactive device counts as 0. */
  | { readonly values: readonly number[] }
  | {
      /** Devices, a whole number from 0 to 10^12. */
      readonly n: number;
      readonly mean: number;
      /** With n − 1; null for fewer than two devices. */
      readonly variance: number | null;
    };

export interface Moments {
  readonly n: number;
  /** Null without devices. */
  readonly mean: number | null;
  /**
   * With n − 1; null for fewer than two devices. 0 or Infinity where the square leaves the range of
   * a double.
   */
  readonly variance: number | null;
  /** Standard deviation: stays in range where the variance does not. */
  readonly sd: number | null;
}

/**
 * Two samples' moments, and the exact difference of their means, B − A; null without devices in
 * one.
 */
export interface TwoMoments {
  readonly a: Moments;
  readonly b: Moments;
  readonly difference: number | null;
}

/**
 * Mean and variance of two samples. Numbers are scaled by a power of two, so that squares neither
 * overflow nor underflow, and each sample is measured from one of its own values, so that an offset
 * costs no digits: with a million values near 1e9 the plain sum of squares would leave a variance
 * of pure noise, and so would values near 0 measured from 1e9.
 *
 * Source: the corrected two-pass algorithm (Chan, Golub & LeVeque 1983).
 *
 * @throws RangeError naming field, value and what is allowed
 */
export function twoMoments(a: Sample, b: Sample): TwoMoments {
  rejectInvalid("a", a);
  rejectInvalid("b", b);
  if (!("values" in a) || !("values" in b)) {
    const [momentsA, momentsB] = [momentsOf(a), momentsOf(b)];
    const isBoth = momentsA.mean !== null && momentsB.mean !== null;
    return { a: momentsA, b: momentsB, difference: isBoth ? (momentsB.mean ?? 0) - (momentsA.mean ?? 0) : null };
  }
  const [frameA, frameB] = [frameOf(a.values), frameOf(b.values)];
  const [centeredA, centeredB] = [centered(a.values, frameA), centered(b.values, frameB)];
  const isBoth = a.values.length > 0 && b.values.length > 0;
  // Subtract offsets and distances separately: means near each other keep their digits.
  const offset = frameB.origin * frameB.unit - frameA.origin * frameA.unit;
  return {
    a: inUnits(centeredA, frameA),
    b: inUnits(centeredB, frameB),
    difference: isBoth ? offset + (centeredB.mean * frameB.unit - centeredA.mean * frameA.unit) : null,
  };
}

interface Frame {
  /** A power of two. */
  readonly unit: number;
  /** The value subtracted from all, in units. */
  readonly origin: number;
}

interface Centered {
  readonly n: number;
  /** Mean relative to the origin, in units. */
  readonly mean: number;
  /** Sum of the squared distances from the mean, in units. */
  readonly squares: number;
}

function momentsOf(sample: Sample): Moments {
  if ("values" in sample) {
    const frame = frameOf(sample.values);
    return inUnits(centered(sample.values, frame), frame);
  }
  const { n, mean, variance } = sample;
  if (n === 0) return { n, mean: null, variance: null, sd: null };
  if (n === 1 || variance === null) return { n, mean, variance: null, sd: null };
  return { n, mean, variance, sd: Math.sqrt(variance) };
}

function frameOf(values: readonly number[]): Frame {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const unit = powerOfTwo(largest);
  return { unit, origin: (values[0] ?? 0) / unit };
}

/** A power of two near the number, so that division by it is exact; 1 for 0. */
export function powerOfTwo(size: number): number {
  if (size === 0) return 1;
  return 2 ** Math.max(-1022, Math.floor(Math.log2(size)));
}

function centered(values: readonly number[], { unit, origin }: Frame): Centered {
  const n = values.length;
  let sum = 0;
  for (const value of values) sum += value / unit - origin;
  const guess = n === 0 ? 0 : sum / n;
  let rest = 0;
  let squares = 0;
  for (const value of values) {
    const distance = value / unit - origin - guess;
    rest += distance;
    squares += distance * distance;
  }
  return n === 0
    ? { n, mean: 0, squares: 0 }
    : { n, mean: guess + rest / n, squares: Math.max(0, squares - (rest / n) * rest) };
}

function inUnits({ n, mean, squares }: Centered, { unit, origin }: Frame): Moments {
  if (n === 0) return { n, mean: null, variance: null, sd: null };
  const inTheirUnit = (origin + mean) * unit;
  if (n === 1) return { n, mean: inTheirUnit, variance: null, sd: null };
  const variance = squares / (n - 1);
  return { n, mean: inTheirUnit, variance: variance * unit * unit, sd: Math.sqrt(variance) * unit };
}

function rejectInvalid(group: string, sample: Sample): void {
  if ("values" in sample) {
    for (const [i, value] of sample.values.entries()) {
      requireWithin(`${group}.values[${i}]`, value, -MAX_SIZE, MAX_SIZE);
    }
    return;
  }
  const { n, mean, variance } = sample;
  requireCount(`${group}.n`, n);
  if (n === 0) return;
  requireWithin(`${group}.mean`, mean, -MAX_SIZE, MAX_SIZE);
  if (variance !== null) requireWithin(`${group}.variance`, variance, 0, MAX_SIZE);
  else if (n > 1) reject(`${group}.variance`, variance, "numbers ≥ 0, or null for fewer than 2 devices");
}
