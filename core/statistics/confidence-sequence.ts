import { agreeing } from "./agreeing.ts";
import { evidenceAgainst } from "./evidence.ts";
import { requireAlpha, requireCount, requireWithin } from "./require.ts";

export interface ConfidenceSequenceInput {
  readonly kind: "asymptotic";
  /** Over all looks, the interval misses the true difference with probability alpha; below 1. */
  readonly alpha: number;
  /**
   * Devices of both groups together at which the interval is tightest, a whole number from 1 to
   * 10^12: the planned number.
   */
  readonly tuningN: number;
  /**
   * The level at which the interval is tightest there; default alpha. It determines the evidence;
   * alpha determines the interval.
   */
  readonly tuningAlpha?: number;
  /** Devices of both groups together. */
  readonly n: number;
  /** B − A; its standard error is ≥ 0. */
  readonly estimate: number;
  readonly standardError: number;
}

export interface ConfidenceSequenceResult {
  /** `no_variance`: no devices, or all with the same value. That is no evidence, so p is 1. */
  readonly status: "ok" | "no_variance";
  /** Standard deviation of the mixture over possible differences, derived from tuningN. */
  readonly rho: number;
  readonly halfWidth: number | null;
  /** The interval excludes 0 exactly when p is below alpha. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** ln of the evidence against a difference of 0; above 0 it favours a difference. */
  readonly logE: number | null;
  /** min(1, 1/E). */
  readonly pValue: number;
  readonly log10P: number;
}

const MAX_SIZE = 1e150; // the square of an estimate is finite up to here

/**
 * Sequential inference on the difference of two means: an asymptotic confidence sequence.
 *
 * Source: Waudby-Smith et al., arXiv 2103.06476, with the tuning that GrowthBook uses.
 */
export function confidenceSequence(input: Omit<ConfidenceSequenceInput, "kind">): ConfidenceSequenceResult {
  const { alpha, tuningN, tuningAlpha = alpha, n, estimate, standardError } = input;
  requireAlpha(alpha);
  requireAlpha(tuningAlpha);
  requireCount("tuningN", tuningN, 1);
  requireCount("n", n);
  requireWithin("estimate", estimate, -MAX_SIZE, MAX_SIZE);
  requireWithin("standardError", standardError, 0, MAX_SIZE);
  const surprise = -2 * Math.log(tuningAlpha);
  const rho = Math.sqrt((surprise + Math.log(surprise + 1)) / tuningN);
  if (n === 0 || standardError === 0) {
    const none = { halfWidth: null, lower: null, upper: null, logE: null };
    return { status: "no_variance", rho, ...none, pValue: 1, log10P: 0 };
  }
  const v = n * rho * rho;
  const z = Math.min(MAX_SIZE, Math.abs(estimate) / standardError);
  const logE = ((z / (v + 1)) * v * z - Math.log1p(v)) / 2;
  const p = evidenceAgainst(logE);
  const halfWidth = standardError * Math.sqrt(((v + 1) / v) * (Math.log1p(v) - 2 * Math.log(alpha)));
  const [lower, upper] = agreeing([estimate - halfWidth, estimate + halfWidth], estimate, p.pValue < alpha);
  return { status: "ok", rho, halfWidth, lower, upper, logE, ...p };
}
