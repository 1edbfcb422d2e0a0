/**
 * Makes an interval agree with its test: it excludes 0 exactly when the test rejects. This holds by
 * construction; rounding must not let an end at 0 contradict the p-value.
 *
 * @param estimate within the interval, and not 0 if the test rejects
 */
export function agreeing(
  [lower, upper]: readonly [lower: number, upper: number],
  estimate: number,
  rejects: boolean,
): readonly [lower: number, upper: number] {
  if (!rejects) return [Math.min(lower, 0), Math.max(upper, 0)];
  return estimate > 0 ? [Math.max(lower, Number.MIN_VALUE), upper] : [lower, Math.min(upper, -Number.MIN_VALUE)];
}
