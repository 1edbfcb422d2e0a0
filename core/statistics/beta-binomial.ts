import { betaQuantileLogit } from "./beta.ts";
import { type Beta, chanceBelow, expectedExcess, mean } from "./beta-comparison.ts";
import { type Conversions, requireConversions } from "./conversions.ts";
import { requireBetween, requireWithin } from "./require.ts";

export interface BetaBinomialInput {
  /** The control. */
  readonly a: Conversions;
  readonly b: Conversions;
  /**
   * Shapes of the beta distribution that a rate is expected to come from, each from 0.01 to 1e9;
   * [1, 1] when left out.
   */
  readonly prior?: readonly [number, number];
  /**
   * A rate is in its credible interval with this probability, above 0 and below 1; 0.95 when left
   * out.
   */
  readonly level?: number;
}

export interface BetaBinomialResult {
  readonly status: "ok";
  /** P(rate B > rate A) and the other way round, each with its own digits when it is small. */
  readonly chanceBBeatsA: number;
  readonly chanceABeatsB: number;
  /**
   * What choosing B (or A) is expected to cost: the mean of how much the other rate is higher, 0
   * where it is not.
   */
  readonly expectedLossB: number;
  readonly expectedLossA: number;
  readonly posteriorMeanA: number;
  readonly posteriorMeanB: number;
  /** Equal-tailed. */
  readonly credibleA: readonly [lower: number, upper: number];
  readonly credibleB: readonly [lower: number, upper: number];
}

/**
 * How likely is it that B converts better, when any rate was as likely as any other before? For
 * people who think so; it **does not protect against peeking**: who looks often enough will see 95
 * % where there is nothing. Decide by `alwaysValid` or at the planned number of devices.
 *
 * Source: E. Miller 2015, "Formulas for Bayesian A/B Testing"; C. Stucchio 2015 for the loss.
 * Computed by quadrature instead of their sums, which cancel.
 *
 * @throws RangeError when n is not a whole number from 0 to 10^12, conversions not one from 0 to n,
 * a shape not from 0.01 to 1e9, or level not between 0 and 1
 * @example
 * betaBinomial({ a: { n: 100, conversions: 10 }, b: { n: 100, conversions: 15 } }).chanceBBeatsA
 * // 0.8533
 */
export function betaBinomial({ a, b, prior = [1, 1], level = 0.95 }: BetaBinomialInput): BetaBinomialResult {
  requireConversions("a", a);
  requireConversions("b", b);
  for (const [i, shape] of prior.entries()) requireWithin(`prior[${i}]`, shape, 0.01, 1e9);
  requireBetween("level", level, 0, 1);
  const [rateA, rateB] = [posterior(a, prior), posterior(b, prior)];
  const ofA = chanceBelow(rateB, rateA);
  const ofB = ofA <= 0.5 ? 1 - ofA : chanceBelow(rateA, rateB);
  const gain = mean(rateB) - mean(rateA);
  // The smaller one is computed, and the larger one has the difference of the means on top.
  const smaller = gain > 0 ? expectedExcess(rateA, rateB) : expectedExcess(rateB, rateA);
  const larger = smaller + Math.abs(gain);
  return {
    status: "ok",
    chanceBBeatsA: ofB,
    chanceABeatsB: ofA <= 0.5 ? ofA : 1 - ofB,
    expectedLossB: gain > 0 ? smaller : larger,
    expectedLossA: gain > 0 ? larger : smaller,
    posteriorMeanA: mean(rateA),
    posteriorMeanB: mean(rateB),
    credibleA: credible(rateA, level),
    credibleB: credible(rateB, level),
  };
}

function posterior({ n, conversions }: Conversions, [a, b]: readonly [number, number]): Beta {
  return { a: conversions + a, b: n - conversions + b };
}

function credible({ a, b }: Beta, level: number): readonly [lower: number, upper: number] {
  const tail = (1 - level) / 2;
  const rate = (logit: number) => 1 / (1 + Math.exp(-logit));
  // The upper end by its own tail: 1 − tail would round it.
  return [rate(betaQuantileLogit(tail, a, b)), rate(-betaQuantileLogit(tail, b, a))];
}
