import { agreeing } from "./agreeing.ts";
import { evidenceAgainst } from "./evidence.ts";
import { requireAlpha, requireCount, requireWithin } from "./require.ts";

export interface ConfidenceSequenceInput {
  readonly kind: "asymptotic";
  /** Over all looks, the interval misses the true difference with probability alpha; below 1. */
  readonly alpha: number;
  /**
   * Devices of both groups together at which the interval is tightest, a whole number from 1 to
   * 10^12: the planned n.
   */
  readonly tuningN: number;
  /**
   * The level at which it is tightest there; alpha when left out. The evidence depends on it, and
   * on alpha the interval.
   */
  readonly tuningAlpha?: number;
  /** Devices of both groups together. */
  readonly n: number;
  /** B − A, and its standard error ≥ 0. */
  readonly estimate: number;
  readonly standardError: number;
}

export interface ConfidenceSequenceResult {
  /**
   * `no_variance`: no devices, or none that differ; they are no evidence of anything, so p is 1.
   */
  readonly status: "ok" | "no_variance";
  /** What tuningN comes to: the standard deviation of the mixture over the possible differences. */
  readonly rho: number;
  readonly halfWidth: number | null;
  /** It excludes 0 exactly when p is below alpha. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** ln of the evidence against a difference of 0; above 0 it speaks against it. */
  readonly logE: number | null;
  /** min(1, 1/E). */
  readonly pValue: number;
  readonly log10P: number;
}

const LARGEST = 1e150; // up to here the square of an estimate is a number

/**
 * The difference of two means at any look: an asymptotic confidence sequence.
 *
 * Source: Waudby-Smith et al., arXiv 2103.06476, with the tuning that GrowthBook uses.
 */
export function confidenceSequence(input: Omit<ConfidenceSequenceInput, "kind">): ConfidenceSequenceResult {
  const { alpha, tuningN, tuningAlpha = alpha, n, estimate, standardError } = input;
  requireAlpha(alpha);
  requireAlpha(tuningAlpha);
  requireCount("tuningN", tuningN, 1);
  requireCount("n", n);
  requireWithin("estimate", estimate, -LARGEST, LARGEST);
  requireWithin("standardError", standardError, 0, LARGEST);
  const surprise = -2 * Math.log(tuningAlpha);
  const rho = Math.sqrt((surprise + Math.log(surprise + 1)) / tuningN);
  if (n === 0 || standardError === 0) {
    const none = { halfWidth: null, lower: null, upper: null, logE: null };
    return { status: "no_variance", rho, ...none, pValue: 1, log10P: 0 };
  }
  const v = n * rho * rho;
  const z = Math.min(LARGEST, Math.abs(estimate) / standardError);
  const logE = ((z / (v + 1)) * v * z - Math.log1p(v)) / 2;
  const p = evidenceAgainst(logE);
  const halfWidth = standardError * Math.sqrt(((v + 1) / v) * (Math.log1p(v) - 2 * Math.log(alpha)));
  const [lower, upper] = agreeing([estimate - halfWidth, estimate + halfWidth], estimate, p.pValue < alpha);
  return { status: "ok", rho, halfWidth, lower, upper, logE, ...p };
}
