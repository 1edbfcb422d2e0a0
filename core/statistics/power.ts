import { normalQuantile } from "./normal.ts";
import { reject, requireAlpha, requireBetween, requireCount } from "./require.ts";
import {
  requireRates,
  type SampleSizeMeanInput,
  type SampleSizeMeanResult,
  type SampleSizeProportionInput,
  type SampleSizeProportionResult,
  sampleSizeMean,
  sampleSizeProportion,
  twoSidedPower,
} from "./sample-size.ts";

interface PooledTest {
  /** Conversion rate of A, 0 to 1. */
  readonly baseline: number;
  /** Two-sided significance level, above 0 and below 1. */
  readonly alpha: number;
  /** Devices in each group, at least 1. */
  readonly nA: number;
  readonly nB: number;
}

export interface PowerProportionInput extends PooledTest {
  readonly kind: "powerProportion";
  /** Rate of B minus rate of A. */
  readonly difference: number;
}

export interface PowerProportionResult {
  /** `no_variance`: both rates are 0 or both are 1, so all samples are the same. */
  readonly status: "ok" | "no_variance";
  /** Probability that the test rejects, 0 to 1; alpha at a difference of 0. */
  readonly power: number | null;
}

export interface MdeProportionInput extends PooledTest {
  readonly kind: "mdeProportion";
  /** Probability of detecting the increase if it exists: above alpha and below 1. */
  readonly power: number;
}

export interface MdeProportionResult {
  /** `not_reachable`: even an increase to 100 % has less power than required. */
  readonly status: "ok" | "not_reachable";
  /** The smallest increase of the rate that this power detects. */
  readonly mde: number | null;
  /** mde / baseline; null at baseline 0. */
  readonly mdeRelative: number | null;
}

export type PowerInput = SampleSizeProportionInput | SampleSizeMeanInput | PowerProportionInput | MdeProportionInput;
export type PowerResult =
  | SampleSizeProportionResult
  | SampleSizeMeanResult
  | PowerProportionResult
  | MdeProportionResult;

/**
 * Answers the planning questions: how many devices a test needs, how likely it detects a given
 * difference, and how small a difference it can detect. Not for results: the power at the observed
 * difference says nothing that the p-value does not.
 *
 * Proportions: the pooled z test of `twoProportions`. Means: the normal approximation. Power counts
 * both tails; sample sizes, as usual, only the tail on the side of the difference.
 *
 * Source: J. L. Fleiss 1981, "Statistical Methods for Rates and Proportions", chapter 3 (without
 * his correction).
 *
 * @param input `kind` selects the question; each has its own type with units and ranges
 * @throws RangeError naming the field, its value and what is allowed
 * @example
 * power({
 *   kind: "sampleSizeProportion", baseline: 0.2, difference: 0.05, alpha: 0.05,
 *   power: 0.8, ratio: 1,
 * }).nA // 1094
 */
export function power(input: SampleSizeProportionInput): SampleSizeProportionResult;
export function power(input: SampleSizeMeanInput): SampleSizeMeanResult;
export function power(input: PowerProportionInput): PowerProportionResult;
export function power(input: MdeProportionInput): MdeProportionResult;
export function power(input: PowerInput): PowerResult;
export function power(input: PowerInput): PowerResult {
  switch (input.kind) {
    case "sampleSizeProportion":
      return sampleSizeProportion(input);
    case "sampleSizeMean":
      return sampleSizeMean(input);
    case "powerProportion":
      return powerProportion(input);
    case "mdeProportion":
      return mdeProportion(input);
    default:
      return reject(
        "kind",
        (input as { kind: unknown }).kind,
        "sampleSizeProportion, sampleSizeMean, powerProportion and mdeProportion",
      );
  }
}

function powerProportion(input: PowerProportionInput): PowerProportionResult {
  requireRates(input.baseline, input.difference);
  const chance = rejectionChance(input, requireTest(input))(input.difference);
  return { status: chance === null ? "no_variance" : "ok", power: chance };
}

function mdeProportion(input: MdeProportionInput): MdeProportionResult {
  const { baseline, alpha, power: wanted } = input;
  requireRates(baseline, 0);
  const zAlpha = requireTest(input);
  requireBetween("power", wanted, alpha, 1);
  const chanceAt = rejectionChance(input, zAlpha);
  const isFound = (increase: number) => (chanceAt(increase) ?? 0) >= wanted;
  let found = 1 - baseline;
  if (!isFound(found)) return { status: "not_reachable", mde: null, mdeRelative: null };
  let missed = 0;
  for (;;) {
    // Bisect until the two are neighbouring doubles: about 60 steps, and no tolerance to choose.
    const middle = (missed + found) / 2;
    if (!(middle > missed && middle < found)) break;
    if (isFound(middle)) found = middle;
    else missed = middle;
  }
  return { status: "ok", mde: found, mdeRelative: baseline === 0 ? null : found / baseline };
}

/**
 * Returns the probability that the pooled z test rejects, as a function of the difference; null
 * where there is no variance.
 */
function rejectionChance({ baseline, nA, nB }: PooledTest, zAlpha: number): (difference: number) => number | null {
  return (difference) => {
    const rateB = baseline + difference;
    const pooled = (nA * baseline + nB * rateB) / (nA + nB);
    const bound = zAlpha * Math.sqrt(pooled * (1 - pooled) * (1 / nA + 1 / nB));
    const standardError = Math.sqrt((baseline * (1 - baseline)) / nA + (rateB * (1 - rateB)) / nB);
    if (standardError > 0) return twoSidedPower(difference, bound, standardError);
    if (bound === 0) return null;
    return Math.abs(difference) > bound ? 1 : 0; // from 0 % to 100 % or back: all samples have the same difference
  };
}

function requireTest({ alpha, nA, nB }: PooledTest): number {
  requireAlpha(alpha);
  requireCount("nA", nA, 1);
  requireCount("nB", nB, 1);
  return normalQuantile(alpha / 2);
}
