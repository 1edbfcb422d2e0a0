import { agreeing } from "../statistics/agreeing.ts";
import { confidenceSequence } from "../statistics/confidence-sequence.ts";
import { permuteT } from "../statistics/permute-t.ts";
import { type PermutedValues, permuteValues } from "../statistics/permute-values.ts";
import { devicesUntilNormal, MAX_DIFFERENCE_SKEWNESS } from "../statistics/skewness.ts";
import { tQuantile } from "../statistics/t.ts";
import { welchTest } from "../statistics/welch.ts";
import { boundsOf, finite } from "./bounds.ts";
import type { Comparison, Evidence, Looks, SingleLook } from "./comparison.ts";
import type { Tuning } from "./rate-looks.ts";
import { type MeanArm, relativeLift } from "./relative-lift.ts";

/** Two groups' means per device, with what is known of their normality. */
export interface MeanArms {
  readonly a: MeanArm;
  readonly b: MeanArm;
  /** Mean of B − mean of A. */
  readonly difference: number;
  readonly method: "delta" | "cuped" | null;
  /** Whether a group has too few totals other than 0 to assume a normal mean. */
  readonly isFew: boolean;
  /** See `differenceSkewness`; null if not known. */
  readonly skewness: number | null;
  /** Totals of all devices; null if they are too many to list or not what is compared. */
  readonly totals: readonly [a: PermutedValues, b: PermutedValues] | null;
  readonly varianceReduction: number | null;
}

/**
 * Budget of placed values: about a quarter of a second, during which a server does nothing else.
 */
const MAX_STEPS = 2e7;
const MAX_DRAWS = 9_999;
/** Arbitrary: the fewest draws that can show p < 0.01. */
const MIN_DRAWS = 199;

/**
 * Compares a group's mean per device with the control's. A t test decides where the difference of
 * the means is nearly normal; a permutation test where few devices have a value or uneven groups
 * are skewed. Totals that are too many to permute leave `too_skewed`.
 *
 * @param share of `MAX_STEPS` that random permutations may take; the result has the number of draws
 */
export function meanLooks(arms: MeanArms, share: number, tuning: Tuning): Looks {
  const { a, b, difference, skewness, varianceReduction } = arms;
  const isSkewed = skewness !== null && Math.abs(skewness) > MAX_DIFFERENCE_SKEWNESS;
  let found: Decided | null = null;
  const hasDevices = a.n > 0 && b.n > 0;
  const common = {
    difference: hasDevices ? finite(difference) : null,
    skewness: finite(skewness),
    devicesUntilNormal: isSkewed ? Math.ceil(devicesUntilNormal(a.n + b.n, skewness)) : null,
    varianceReduction: finite(varianceReduction),
    chanceToBeatControl: null,
  };
  const estimate = {
    difference: common.difference,
    lift: hasDevices && a.mean !== 0 ? finite(difference / Math.abs(a.mean)) : null,
  };
  const single = (alpha: number): SingleLook => {
    found ??= testOf(arms, isSkewed, share);
    const decided = found;
    const p = decided.p ?? null;
    const rejects = p !== null && p < alpha && difference !== 0;
    const critical = decided.critical?.(alpha) ?? null;
    const error = decided.standardError ?? 0;
    const interval: readonly [number, number] | null = critical && [
      difference - critical[1] * error,
      difference - critical[0] * error,
    ];
    const lift = critical
      ? relativeLift(a, b, difference, critical, rejects)
      : { lift: estimate.lift, liftInterval: null, liftStatus: plainStatus(a) };
    return {
      ...common,
      status: hasDevices ? decided.status : "no_data",
      differenceInterval: boundsOf(interval && agreeing(interval, difference, rejects)),
      ...(hasDevices ? lift : ({ lift: null, liftInterval: null, liftStatus: "no_data" } as const)),
      test: p === null ? null : (decided.test ?? "welch"),
      method: p === null ? null : (decided.method ?? arms.method),
      pValue: finite(p),
      log10P: finite(decided.log10P ?? null),
      permutations: decided.permutations ?? null,
    };
  };
  return { estimate, single, live: (alpha) => liveOf(arms, isSkewed, alpha, tuning) };
}

function plainStatus({ mean }: MeanArm): Comparison["liftStatus"] {
  return mean === 0 ? "baseline_zero" : mean < 0 ? "baseline_negative" : "ok";
}

interface Decided {
  readonly status: SingleLook["status"];
  readonly p?: number | null;
  readonly log10P?: number | null;
  readonly test?: SingleLook["test"];
  readonly method?: SingleLook["method"];
  readonly standardError?: number | null;
  /**
   * Values of difference / standard error at or beyond which the test rejects; null without a
   * standard error.
   */
  readonly critical?: ((alpha: number) => readonly [low: number, high: number]) | null;
  readonly permutations?: SingleLook["permutations"];
}

function testOf(arms: MeanArms, isSkewed: boolean, share: number): Decided {
  const { a, b, difference, isFew, totals, method } = arms;
  if (method === "delta" && isFew) return { status: "insufficient_data" };
  const sd = ({ n, variance }: MeanArm) => ({ n, sd: variance === null ? null : Math.sqrt(variance) });
  const hasDevices = a.n > 0 && b.n > 0;
  const test = welchTest(sd(a), sd(b), hasDevices ? difference : null, 0.05);
  const { standardError, df } = test;
  const student = (alpha: number) => {
    const t = df === null ? 0 : tQuantile(alpha / 2, df);
    return [-t, t] as const;
  };
  const critical = df === null ? (test.status === "no_variance" ? () => [0, 0] as const : null) : student;
  if (hasDevices && isFew && totals) {
    const { pTwoSided, log10PTwoSided, permutations, exactPLower99, exactPUpper99 } = permuteValues({
      a: totals[0],
      b: totals[1],
      draws: drawsOf(totals, share),
    });
    const isRandom = exactPLower99 !== null && exactPUpper99 !== null;
    return {
      status: "ok",
      p: pTwoSided,
      log10P: log10PTwoSided,
      test: "permutation",
      standardError,
      critical,
      permutations: isRandom ? { drawn: permutations, p99: [exactPLower99, exactPUpper99] } : null,
    };
  }
  if (isSkewed) {
    const permuted = totals && permuteT(totals[0], totals[1], drawsOf(totals, share));
    if (!permuted) return { status: "too_skewed" };
    return {
      status: "ok",
      p: permuted.pValue,
      log10P: Math.log10(permuted.pValue) + 0,
      test: "permutation",
      method: "studentised",
      standardError,
      critical: (alpha) => permuted.quantiles(alpha / 2),
      permutations: { drawn: permuted.drawn, p99: permuted.p99 },
    };
  }
  return { status: test.status, p: test.pValue, log10P: test.log10P, standardError, critical };
}

function drawsOf(totals: readonly PermutedValues[], share: number): number {
  const steps = Math.max(
    1,
    totals.reduce((sum, { values }) => sum + values.length, 0),
  );
  return Math.min(MAX_DRAWS, Math.max(MIN_DRAWS, Math.floor((share * MAX_STEPS) / steps)));
}

function liveOf(arms: MeanArms, isSkewed: boolean, alpha: number, tuning: Tuning): Evidence {
  const { a, b, difference, isFew } = arms;
  const nothing = {
    kind: "asymptotic",
    pValue: null,
    log10P: null,
    liftInterval: null,
    differenceInterval: null,
  } as const;
  if (a.n === 0 || b.n === 0) return { status: "no_data", ...nothing };
  if (isFew) return { status: "too_few", ...nothing };
  if (isSkewed) return { status: "too_skewed", ...nothing };
  const standardError = Math.sqrt((a.variance ?? 0) / a.n + (b.variance ?? 0) / b.n);
  const { status, pValue, log10P, halfWidth, lower, upper } = confidenceSequence({
    alpha,
    tuningN: tuning.devices,
    tuningAlpha: tuning.alpha,
    n: a.n + b.n,
    estimate: difference,
    standardError,
  });
  const rejects = pValue < alpha;
  const t = halfWidth === null ? null : halfWidth / standardError;
  return {
    status,
    kind: "asymptotic",
    pValue: finite(pValue),
    log10P: finite(log10P),
    liftInterval: t === null ? null : relativeLift(a, b, difference, [-t, t], rejects).liftInterval,
    differenceInterval: lower === null || upper === null ? null : boundsOf([lower, upper]),
  };
}
