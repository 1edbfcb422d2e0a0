import { alwaysValid } from "../statistics/always-valid.ts";
import type { Conversions } from "../statistics/conversions.ts";
import { meanAndVariance, type Sums } from "../sums.ts";
import { boundsOf, finite } from "./bounds.ts";
import { isFew } from "./compare-means.ts";
import type { AlwaysValidComparison } from "./comparison.ts";

/** Departures of the shares of conversions that are looked for: about a tenth. Recommended in `CountEvidenceInput`. */
const CONCENTRATION = 100;

/** What the approximation for means is tuned to without a plan; arbitrary, it costs some width elsewhere. */
const UNPLANNED_DEVICES = 10_000;

type Evidence = Omit<AlwaysValidComparison, "adjustedP">;

const NOTHING = { pValue: null, log10P: null, liftInterval: null, differenceInterval: null };

/**
 * Two rates at any look, exactly: if they are equal, first conversions come in the ratio of the weights.
 *
 * @param weights of the control and the group
 */
export function alwaysValidRates(
  a: Conversions,
  b: Conversions,
  weights: readonly [number, number],
  alpha: number,
): Evidence {
  const counts = [a.conversions, b.conversions];
  const evidence = alwaysValid({ kind: "multinomial", counts, weights, alpha, concentration: CONCENTRATION });
  if (a.n === 0 || b.n === 0 || evidence.status === "single_arm" || evidence.status === "unexpected_arm") {
    return { status: "no_data", kind: "exact", ...NOTHING };
  }
  const [lower, upper] = evidence.rateRatio ?? [0, Number.POSITIVE_INFINITY];
  return {
    status: "ok",
    kind: "exact",
    pValue: finite(evidence.pValue),
    log10P: finite(evidence.log10P),
    liftInterval: boundsOf([lower - 1, upper - 1]),
    differenceInterval: null,
  };
}

/** Two means at any look, approximately. @param planned devices of both groups together; null without a plan */
export function alwaysValidMeans(a: Sums, b: Sums, unit: number, alpha: number, planned: number | null): Evidence {
  if (a.n === 0 || b.n === 0) return { status: "no_data", kind: "asymptotic", ...NOTHING };
  if (isFew(a) || isFew(b)) return { status: "too_few", kind: "asymptotic", ...NOTHING };
  const [ofA, ofB] = [meanAndVariance(a, unit), meanAndVariance(b, unit)];
  const evidence = alwaysValid({
    kind: "asymptotic",
    alpha,
    tuningN: planned ?? UNPLANNED_DEVICES,
    n: a.n + b.n,
    estimate: ofB.mean - ofA.mean,
    standardError: Math.sqrt((ofA.variance ?? 0) / a.n + (ofB.variance ?? 0) / b.n),
  });
  const { status, lower, upper } = evidence;
  return {
    status,
    kind: "asymptotic",
    pValue: finite(evidence.pValue),
    log10P: finite(evidence.log10P),
    liftInterval: null,
    differenceInterval: lower === null || upper === null ? null : boundsOf([lower, upper]),
  };
}

/** A conversion as a total per device, for rates whose weights are not known: those of some visitors differ. */
export function asTotals({ n, conversions }: Conversions): Sums {
  const few = Math.min(conversions, n - conversions) < 100;
  const sum = BigInt(conversions);
  return { n, sum, sumSquares: sum, sample: few ? [] : null };
}
