/** A group's values after (y) and before (x) the devices' first exposure. */
export interface CovariateMoments {
  /** Devices, at least 2. */
  readonly n: number;
  readonly meanY: number;
  readonly meanX: number;
  /** Variances and covariance with n − 1. */
  readonly varianceY: number;
  readonly varianceX: number;
  readonly covariance: number;
}

export interface CovariateAdjusted {
  readonly theta: number;
  /** Means and variances of y − θ (x − mean x of both groups). */
  readonly a: { readonly n: number; readonly mean: number; readonly variance: number };
  readonly b: { readonly n: number; readonly mean: number; readonly variance: number };
  /** Mean of B minus mean of A. */
  readonly difference: number;
  /** Share of the squared standard error that is removed, at most 1; null if there was none. */
  readonly varianceReduction: number | null;
}

/**
 * CUPED from sums: equals `cuped`, but needs only the moments of the devices.
 *
 * Source: A. Deng, Y. Xu, R. Kohavi, T. Walker 2013: θ = Σ (n − 1) cov(y, x) / Σ (n − 1) var(x)
 * over the groups.
 */
export function covariateAdjusted(a: CovariateMoments, b: CovariateMoments): CovariateAdjusted {
  const pooled = (of: (group: CovariateMoments) => number) => (a.n - 1) * of(a) + (b.n - 1) * of(b);
  const spread = pooled(({ varianceX }) => varianceX);
  const theta = spread > 0 ? pooled(({ covariance }) => covariance) / spread : 0;
  const center = (a.n * a.meanX + b.n * b.meanX) / (a.n + b.n);
  const adjusted = ({ n, meanY, meanX, varianceY, varianceX, covariance }: CovariateMoments) => ({
    n,
    mean: meanY - theta * (meanX - center),
    variance: Math.max(0, varianceY - 2 * theta * covariance + theta * theta * varianceX),
  });
  const [ofA, ofB] = [adjusted(a), adjusted(b)];
  const squaredError = (varianceA: number, varianceB: number) => varianceA / a.n + varianceB / b.n;
  const plain = squaredError(a.varianceY, b.varianceY);
  return {
    theta,
    a: ofA,
    b: ofB,
    difference: b.meanY - a.meanY - theta * (b.meanX - a.meanX),
    varianceReduction: plain > 0 ? 1 - squaredError(ofA.variance, ofB.variance) / plain : null,
  };
}
