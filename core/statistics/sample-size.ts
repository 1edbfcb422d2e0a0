import { normalQuantile, normalTail } from "./normal.ts";
import { requireAlpha, requireBetween, requireWithin } from "./require.ts";

interface PlannedTest {
  /**
   * B − A: in rates for proportions, in the unit of the values for means. The sign does not
   * affect the size.
   */
  readonly difference: number;
  /** Two-sided significance level, above 0 and below 1. */
  readonly alpha: number;
  /** Probability of detecting the difference if it exists: above alpha and below 1. */
  readonly power: number;
  /** Devices in B for each device in A, from 1e-6 to 1e6 (arbitrary). */
  readonly ratio: number;
}

export interface SampleSizeProportionInput extends PlannedTest {
  readonly kind: "sampleSizeProportion";
  /** Conversion rate of A, 0 to 1; so is baseline + difference. */
  readonly baseline: number;
}

export interface SampleSizeMeanInput extends PlannedTest {
  readonly kind: "sampleSizeMean";
  /** Standard deviations of the values per device, ≥ 0. */
  readonly sdA: number;
  readonly sdB: number;
}

export interface SampleSize {
  /**
   * `no_effect`: no number of devices detects a difference of 0. `no_variance`: both standard
   * deviations are 0.
   */
  readonly status: "ok" | "no_effect" | "no_variance";
  /** Devices in A before rounding up. */
  readonly nAExact: number | null;
  /** Devices required in each group, at least 1. */
  readonly nA: number | null;
  readonly nB: number | null;
}

export interface SampleSizeProportionResult extends SampleSize {
  /** nAExact for the unpooled z test. */
  readonly nAUnpooledExact: number | null;
}

export interface SampleSizeMeanResult extends SampleSize {
  /** The power at nA and nB. */
  readonly powerAtN: number | null;
}

/**
 * Devices for the pooled z test of two proportions.
 *
 * Source: Fleiss 1981, (z_α √(p̄q̄(1 + 1/r)) + z_β √(pA qA + pB qB / r))² / difference².
 */
export function sampleSizeProportion(input: SampleSizeProportionInput): SampleSizeProportionResult {
  const { baseline, difference, ratio } = input;
  const rateB = requireRates(baseline, difference);
  const { zAlpha, zBeta } = criticalValues(input);
  const pooled = (baseline + ratio * rateB) / (1 + ratio);
  const underH0 = Math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio));
  const underH1 = Math.sqrt(baseline * (1 - baseline) + (rateB * (1 - rateB)) / ratio);
  // Below 0 the first device already exceeds the required power; occurs with power near alpha and
  // very uneven groups.
  const nAExact = (Math.max(0, zAlpha * underH0 + zBeta * underH1) / difference) ** 2;
  const unpooled = (((zAlpha + zBeta) * underH1) / difference) ** 2;
  const size = roundedUp(nAExact, ratio);
  return { ...size, nAUnpooledExact: size.status === "ok" ? unpooled : null };
}

/**
 * Devices for the difference of two means, by the normal approximation.
 *
 * Source: the textbook (z_α + z_β)² (sdA² + sdB² / r) / difference².
 */
export function sampleSizeMean(input: SampleSizeMeanInput): SampleSizeMeanResult {
  const { sdA, sdB, difference, ratio } = input;
  requireWithin("sdA", sdA, 0, Number.MAX_VALUE);
  requireWithin("sdB", sdB, 0, Number.MAX_VALUE);
  requireWithin("difference", difference, -Number.MAX_VALUE, Number.MAX_VALUE);
  const { zAlpha, zBeta } = criticalValues(input);
  const sd = Math.hypot(sdA, sdB / Math.sqrt(ratio));
  if (sd === 0) return { status: "no_variance", nAExact: null, nA: null, nB: null, powerAtN: null };
  const size = roundedUp((((zAlpha + zBeta) * sd) / difference) ** 2, ratio);
  if (size.nA === null || size.nB === null) return { ...size, powerAtN: null };
  const standardError = Math.hypot(sdA / Math.sqrt(size.nA), sdB / Math.sqrt(size.nB));
  return { ...size, powerAtN: twoSidedPower(difference, zAlpha * standardError, standardError) };
}

/**
 * P(|estimate| > bound) for a normal estimate of the difference: both tails, the one with the wrong
 * sign included.
 */
export function twoSidedPower(difference: number, bound: number, standardError: number): number {
  return normalTail((bound - difference) / standardError).p + normalTail((bound + difference) / standardError).p;
}

/** The rate of B. Throws RangeError when it or the baseline is not from 0 to 1. */
export function requireRates(baseline: number, difference: number): number {
  requireWithin("baseline", baseline, 0, 1);
  requireWithin("baseline + difference", baseline + difference, 0, 1);
  return baseline + difference;
}

function criticalValues({ alpha, power, ratio }: PlannedTest) {
  requireAlpha(alpha);
  requireBetween("power", power, alpha, 1);
  requireWithin("ratio", ratio, 1e-6, 1e6);
  return { zAlpha: normalQuantile(alpha / 2), zBeta: -normalQuantile(power) };
}

function roundedUp(nAExact: number, ratio: number): SampleSize {
  if (!Number.isFinite(nAExact)) return { status: "no_effect", nAExact: null, nA: null, nB: null };
  return { status: "ok", nAExact, nA: Math.max(1, Math.ceil(nAExact)), nB: Math.max(1, Math.ceil(nAExact * ratio)) };
}
