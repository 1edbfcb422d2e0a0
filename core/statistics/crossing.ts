/** Far more than ever needed: regula falsi takes about ten steps, and every third step halves. */
const MAX_STEPS = 400;

/**
 * Finds where a non-decreasing function crosses 0, to the last digit or two.
 *
 * Source: regula falsi with Illinois' halved weights (Dowell & Jarratt 1971); every third step
 * halves the bracket, which bounds the number of steps for any function.
 *
 * @param f finite, but it may be infinite at `high`
 * @returns `low` if f is not below 0 there, `high` if f is not above 0 there
 * @example crossing((x) => x * x - 2, 0, 2) // 1.4142135623730951
 */
export function crossing(f: (x: number) => number, low: number, high: number): number {
  let below = low;
  let above = high;
  let weightBelow = f(low);
  let weightAbove = f(high);
  if (weightBelow >= 0) return low;
  if (weightAbove <= 0) return high;
  let last = 0;
  for (let step = 1; step <= MAX_STEPS; step++) {
    const share = step % 3 === 0 ? 0.5 : weightBelow / (weightBelow - weightAbove);
    let at = below + share * (above - below);
    if (!(at > below && at < above)) at = below + (above - below) / 2;
    if (!(at > below && at < above) || above - below <= Number.EPSILON * Math.abs(at)) return at;
    const value = f(at);
    if (value === 0) return at;
    if (value < 0) {
      below = at;
      weightBelow = value;
      if (last < 0) weightAbove /= 2;
    } else {
      above = at;
      weightAbove = value;
      if (last > 0) weightBelow /= 2;
    }
    last = Math.sign(value);
  }
  return below + (above - below) / 2;
}
