import { betaQuantileLogit } from "./beta.ts";
import { requireCount } from "./require.ts";

export interface MonteCarloRuleInput {
  readonly kind: "monteCarlo";
  /** Draws at least as extreme as the observed value, from 0 to `draws`. */
  readonly extreme: number;
  /** Number of random permutations, a whole number from 1 to 10^12. */
  readonly draws: number;
}

export interface MonteCarloRuleResult {
  readonly status: "ok";
  /** (extreme + 1) / (draws + 1), never 0: the observed split is one of the permutations. */
  readonly pValue: number;
  /** 99 % interval of the exact p-value (Clopper–Pearson). */
  readonly exactPLower99: number;
  readonly exactPUpper99: number;
}

/**
 * The p-value of a test on random permutations instead of all.
 *
 * Source: B. Phipson & G. K. Smyth 2010, "Permutation P-values should never be zero"; Clopper &
 * Pearson 1934.
 */
export function monteCarloRule({ extreme, draws }: Omit<MonteCarloRuleInput, "kind">): MonteCarloRuleResult {
  requireCount("draws", draws, 1);
  requireCount("extreme", extreme, 0, draws);
  return {
    status: "ok",
    pValue: (extreme + 1) / (draws + 1),
    exactPLower99: extreme === 0 ? 0 : betaQuantile(0.005, extreme, draws - extreme + 1),
    exactPUpper99: extreme === draws ? 1 : betaQuantile(0.995, extreme + 1, draws - extreme),
  };
}

function betaQuantile(p: number, a: number, b: number): number {
  return 1 / (1 + Math.exp(-betaQuantileLogit(p, a, b)));
}
