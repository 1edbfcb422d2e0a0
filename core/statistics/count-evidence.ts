import { crossing } from "./crossing.ts";
import { evidenceAgainst } from "./evidence.ts";
import { reject, requireAlpha, requireCount, requireWithin } from "./require.ts";
import { deviance, stirlingError } from "./saddle-point.ts";

export interface CountEvidenceInput {
  readonly kind: "multinomial";
  /** Over all looks, the false rejection rate is at most alpha; below 1. */
  readonly alpha: number;
  /** Per group: devices, or converted devices, so far. */
  readonly counts: readonly number[];
  /** The weights of the same groups in the same order; only their ratios matter. */
  readonly weights: readonly number[];
  /**
   * Concentration of the Dirichlet distribution around the weights, from 1e-6 to 10^12: higher
   * looks for smaller departures. 100 for conversions, 10,000 for the split.
   */
  readonly concentration: number;
}

export interface CountEvidenceResult {
  /**
   * `unexpected_arm`: a count in a group of weight 0, which is impossible. `single_arm`: fewer than
   * two groups with a weight.
   */
  readonly status: "ok" | "unexpected_arm" | "single_arm" | "no_data";
  /** ln of the evidence against the weights; above 0 it favours a departure. */
  readonly logE: number | null;
  /** min(1, 1/E). */
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** pValue ≤ alpha. */
  readonly rejected: boolean;
  /** For two groups: interval of the second group's share of the counts, 0 to 1. */
  readonly theta: readonly [lower: number, upper: number] | null;
  /** For two groups: interval of rate 2 / rate 1, 0 to Infinity. It excludes 1 when rejected. */
  readonly rateRatio: readonly [lower: number, upper: number] | null;
}

/** Odds of 10^12 : 1 multiplied by its exponential must stay finite. */
const MAX_LOG_ODDS = 650;

const UNTESTED = { logE: null, pValue: null, log10P: null, rejected: false, theta: null, rateRatio: null };

/**
 * Sequential test of counts against weights. The e-value is the probability of the counts when
 * their shares come from a Dirichlet distribution around the weights, over their probability under
 * the weights.
 *
 * Source: Lindon & Malek 2022. ln E as a difference of log-gammas would lose nine digits at 1e8
 * counts; with Loader's saddle point the large terms cancel algebraically.
 */
export function countEvidence(input: Omit<CountEvidenceInput, "kind">): CountEvidenceResult {
  const { counts, weights, alpha, concentration } = input;
  rejectInvalid(input);
  if (counts.some((count, i) => count > 0 && weights[i] === 0)) {
    return { ...UNTESTED, status: "unexpected_arm", logE: Infinity, pValue: 0, log10P: -Infinity, rejected: true };
  }
  const groups = counts.map((count, i) => ({ count, weight: weights[i] ?? 0 })).filter(({ weight }) => weight > 0);
  if (groups.length < 2) return { ...UNTESTED, status: "single_arm" };
  const weightTotal = groups.reduce((sum, { weight }) => sum + weight, 0);
  const shares = groups.map(({ weight }) => weight / weightTotal);
  const prior = shares.map((share) => share * concentration);
  const seen = groups.map(({ count }) => count);
  const logE = logEvidence(seen, prior, shares);
  const p = evidenceAgainst(logE);
  const odds = groups.length === 2 ? oddsOfSecond(seen, prior, alpha) : null;
  const [first = 1, second = 1] = shares;
  return {
    status: seen.every((count) => count === 0) ? "no_data" : "ok",
    logE,
    ...p,
    rejected: p.pValue <= alpha,
    theta: odds && [shareOf(odds[0]), shareOf(odds[1])],
    rateRatio: odds && [(odds[0] * first) / second, (odds[1] * first) / second],
  };
}

/** ln of the evidence alone, for validated groups with a weight each. */
export function logCountEvidence(counts: readonly number[], weights: readonly number[], concentration: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  return logEvidence(
    counts,
    shares.map((share) => share * concentration),
    shares,
  );
}

/** ln of the evidence of the counts against these shares. */
function logEvidence(counts: readonly number[], prior: readonly number[], shares: readonly number[]): number {
  const posterior = prior.map((share, i) => share + (counts[i] ?? 0));
  return lnKernel(prior, shares) - lnKernel(posterior, shares);
}

/** ln(∏ sharesᵢ^aᵢ / B(a)) up to a constant that depends only on the number of groups. */
function lnKernel(a: readonly number[], shares: readonly number[]): number {
  const total = a.reduce((sum, ai) => sum + ai, 0);
  let ln = stirlingError(total) - Math.log(total) / 2;
  for (const [i, ai] of a.entries()) {
    ln += Math.log(ai) / 2 - stirlingError(ai) - deviance(ai, total * (shares[i] ?? 0));
  }
  return ln;
}

/**
 * The odds count₂ : count₁ against which the evidence stays below 1/alpha. Relative to the
 * best-fitting shares, ln E grows by the deviance of the counts from the shares, which rises on
 * both sides.
 */
function oddsOfSecond(
  counts: readonly number[],
  prior: readonly number[],
  alpha: number,
): readonly [lower: number, upper: number] {
  const [first = 0, second = 0] = counts;
  const n = first + second;
  if (n === 0) return [0, Infinity];
  const posterior = prior.map((share, i) => share + (counts[i] ?? 0));
  const total = posterior.reduce((sum, share) => sum + share, 0);
  const fit = posterior.map((share) => share / total);
  const fitted = fit.reduce((sum, share, i) => sum + deviance(counts[i] ?? 0, n * share), 0);
  const limit = fitted - Math.log(alpha) - logEvidence(counts, prior, fit);
  if (first === 0) return [1 / Math.expm1(limit / n), Infinity];
  if (second === 0) return [0, Math.expm1(limit / n)];
  // ln E − ln(1/alpha) at odds e^d times the observed ones.
  const excess = (d: number) => {
    const grown = second * Math.exp(d);
    return deviance(first, n * (first / (first + grown))) + deviance(second, n * (grown / (first + grown))) - limit;
  };
  const reach = (sign: 1 | -1) => {
    let far = 1;
    while (excess(sign * far) < 0 && far < MAX_LOG_ODDS) far = Math.min(MAX_LOG_ODDS, 2 * far);
    return (second / first) * Math.exp(sign * crossing((d) => excess(sign * d), 0, far));
  };
  return [reach(-1), reach(1)];
}

function shareOf(odds: number): number {
  return odds === Infinity ? 1 : odds / (1 + odds);
}

function rejectInvalid({ counts, weights, alpha, concentration }: Omit<CountEvidenceInput, "kind">): void {
  const { length } = counts;
  if (weights.length !== length) reject("weights.length", weights.length, `${length}, one for each count`);
  for (const [i, count] of counts.entries()) requireCount(`counts[${i}]`, count);
  for (const [i, weight] of weights.entries()) {
    if (weight !== 0) requireWithin(`weights[${i}]`, weight, 1e-12, Number.MAX_SAFE_INTEGER); // 1e-12: arbitrary
  }
  requireAlpha(alpha);
  requireWithin("concentration", concentration, 1e-6, 1e12);
}
