import { type MonteCarloRuleInput, type MonteCarloRuleResult, monteCarloRule } from "./monte-carlo-rule.ts";
import {
  type BinaryPermutationInput,
  type BinaryPermutationResult,
  permuteConversions,
} from "./permute-conversions.ts";
import { permuteValues, type ValuePermutationInput, type ValuePermutationResult } from "./permute-values.ts";
import { reject } from "./require.ts";

export type PermutationTestInput = BinaryPermutationInput | ValuePermutationInput | MonteCarloRuleInput;
export type PermutationTestResult = BinaryPermutationResult | ValuePermutationResult | MonteCarloRuleResult;

/**
 * Permutation test: the probability of a difference at least this large if devices were put into
 * the groups at random. It assumes nothing about the distribution of the values, so it is valid
 * where few devices have a value.
 *
 * `binary`: exact at any size. `values`: exact up to 200,000 permutations, which are all
 * enumerated; beyond, 9,999 random ones from a seed. `monteCarlo`: the p-value of draws made
 * elsewhere. Ties count as extreme; whole numbers are compared exactly, others with a relative
 * tolerance of 1e-12.
 *
 * Source: R. A. Fisher 1935; B. Phipson & G. K. Smyth 2010 for random permutations.
 *
 * @throws RangeError naming the field, its value and what is allowed
 * @example
 * permutationTest({
 *   kind: "binary", a: { n: 10, conversions: 2 },
 *   b: { n: 10, conversions: 7 },
 * }).pTwoSided // 0.0698
 */
export function permutationTest(input: BinaryPermutationInput): BinaryPermutationResult;
export function permutationTest(input: ValuePermutationInput): ValuePermutationResult;
export function permutationTest(input: MonteCarloRuleInput): MonteCarloRuleResult;
export function permutationTest(input: PermutationTestInput): PermutationTestResult;
export function permutationTest(input: PermutationTestInput): PermutationTestResult {
  switch (input.kind) {
    case "binary":
      return permuteConversions(input);
    case "values":
      return permuteValues(input);
    case "monteCarlo":
      return monteCarloRule(input);
    default:
      return reject("kind", (input as { kind: unknown }).kind, "binary, values and monteCarlo");
  }
}
