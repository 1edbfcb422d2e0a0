export { type AdjustPValuesInput, type AdjustPValuesResult, adjustPValues } from "./adjust-p-values.ts";
export { type AlwaysValidInput, type AlwaysValidResult, alwaysValid } from "./always-valid.ts";
export { type BetaBinomialInput, type BetaBinomialResult, betaBinomial } from "./beta-binomial.ts";
export { type BinomialExactInput, type BinomialExactResult, binomialExact } from "./binomial-exact.ts";
export type { ConfidenceSequenceInput, ConfidenceSequenceResult } from "./confidence-sequence.ts";
export type { Conversions } from "./conversions.ts";
export type { CountEvidenceInput, CountEvidenceResult } from "./count-evidence.ts";
export { type CovariateSample, type CupedInput, type CupedResult, cuped } from "./cuped.ts";
export { type FisherExactInput, type FisherExactResult, fisherExact, type TwoByTwo } from "./fisher.ts";
export { type IndependenceInput, type IndependenceResult, independence } from "./independence.ts";
export type { LiftIntervals } from "./lift-intervals.ts";
export type { MonteCarloRuleInput, MonteCarloRuleResult } from "./monte-carlo-rule.ts";
export { type PermutationTestInput, type PermutationTestResult, permutationTest } from "./permutation-test.ts";
export type { BinaryPermutationInput, BinaryPermutationResult } from "./permute-conversions.ts";
export type { PermutedValues, ValuePermutationInput, ValuePermutationResult } from "./permute-values.ts";
export {
  type MdeProportionInput,
  type MdeProportionResult,
  type PowerInput,
  type PowerProportionInput,
  type PowerProportionResult,
  type PowerResult,
  power,
} from "./power.ts";
export type { RateEvidenceInput, RateEvidenceResult } from "./rate-evidence.ts";
export { type Interval, type RateIntervalsInput, type RateIntervalsResult, rateIntervals } from "./rate-intervals.ts";
export {
  type MeanInput,
  type MeanLiftResult,
  type RatioInput,
  type RatioMetricInput,
  type RatioResult,
  ratioMetric,
} from "./ratio-metric.ts";
export type { RatioSample } from "./ratio-sample.ts";
export type { Sample } from "./sample.ts";
export {
  type SampleRatioMismatchInput,
  type SampleRatioMismatchResult,
  SRM_THRESHOLD,
  sampleRatioMismatch,
} from "./sample-ratio-mismatch.ts";
export type {
  SampleSizeMeanInput,
  SampleSizeMeanResult,
  SampleSizeProportionInput,
  SampleSizeProportionResult,
} from "./sample-size.ts";
export { specialFunctions } from "./special-functions.ts";
export {
  type PooledTest,
  type TwoProportionsInput,
  type TwoProportionsResult,
  twoProportions,
  type UnpooledTest,
} from "./two-proportions.ts";
export { type WelchInput, type WelchResult, type WelchTest, welch } from "./welch.ts";
export { type WilsonInput, type WilsonResult, wilson } from "./wilson.ts";
