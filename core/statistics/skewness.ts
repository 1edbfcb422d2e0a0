/** Moments of a group's totals; inactive devices count as 0. */
export interface SkewedArm {
  /** Devices. */
  readonly n: number;
  /** With n − 1, ≥ 0. */
  readonly variance: number;
  /** Third central moment over the standard deviation cubed; 0 for symmetric totals. */
  readonly skewness: number;
}

/**
 * Largest skewness of the difference of two means that still counts as normal: that of one mean at
 * n = 355 × skewness², where either 2.5 % tail of a t test is off by less than half a point.
 *
 * Source: D. D. Boos & J. M. Hughes-Oliver 2000, "How Large Does n Have to be for Z and t
 * Intervals?"; R. Kohavi et al. 2014, "Seven Rules of Thumb for Web Site Experimenters", rule 7.
 */
export const MAX_DIFFERENCE_SKEWNESS = 1 / Math.sqrt(355);

/**
 * Skewness of mean B − mean A if both groups have the same distribution, as a test assumes. It is
 * 0 for groups of equal size, whose skewnesses cancel, and largest if one group is small: μ₃
 * (1/nB² − 1/nA²) / (σ² (1/nA + 1/nB))^1.5, with σ² and μ₃ pooled over the groups.
 *
 * @returns 0 if nothing varies
 */
export function differenceSkewness(a: SkewedArm, b: SkewedArm): number {
  const n = a.n + b.n;
  const variance = (a.n * a.variance + b.n * b.variance) / n;
  if (!(variance > 0)) return 0;
  // Scale by the pooled standard deviation, so that no cube overflows.
  const third = (arm: SkewedArm) => (arm.n / n) * arm.skewness * (arm.variance / variance) ** 1.5;
  const skewness = third(a) + third(b);
  return (skewness * (1 / b.n ** 2 - 1 / a.n ** 2)) / (1 / a.n + 1 / b.n) ** 1.5;
}

/**
 * Devices of both groups together, in the current split, at which so skewed a difference counts as
 * normal.
 */
export function devicesUntilNormal(devices: number, skewness: number): number {
  return devices * Math.max(1, (skewness / MAX_DIFFERENCE_SKEWNESS) ** 2);
}
