import { monteCarloRule } from "./monte-carlo-rule.ts";
import type { PermutedValues } from "./permute-values.ts";
import { powerOfTwo } from "./sample.ts";
import { seededRandom } from "./seeded-random.ts";

export interface PermutedT {
  /** Twice the smaller tail, at most 1. */
  readonly pValue: number;
  /** 99 % interval of the exact p-value. */
  readonly p99: readonly [lower: number, upper: number];
  readonly drawn: number;
  /** The values of t that a share `tail` of random permutations is at or below, and at or above. */
  readonly quantiles: (tail: number) => readonly [low: number, high: number];
}

/**
 * The permutation test of Welch's t: exact if both groups have the same distribution, however
 * skewed and however uneven the groups, and valid in large samples if they only have the same mean.
 * Each tail is counted separately, because with uneven groups the distribution of t is as skewed as
 * the totals.
 *
 * Source: A. Janssen 1997; E. Chung & J. P. Romano 2013, "Exact and Asymptotically Robust
 * Permutation Tests".
 *
 * @param draws random permutations, at least 1
 * @returns null if a group has fewer than two devices, or nothing varies
 */
export function permuteT(a: PermutedValues, b: PermutedValues, draws: number, seed = 1): PermutedT | null {
  const [nA, nB] = [a, b].map(({ values, zeros = 0 }) => values.length + zeros) as [number, number];
  const drawn = [a, b].map(({ values }) => values.filter((value) => value !== 0));
  const unit = powerOfTwo(drawn.flat().reduce((largest, value) => Math.max(largest, Math.abs(value)), 0));
  const [ofA = [], ofB = []] = drawn.map((values) => values.map((value) => value / unit));
  const all = [...ofA, ...ofB];
  const [total, squares] = [sumOf(all), sumOf(all.map((value) => value * value))];
  const tOf = (sum: number, own: number) => {
    const [meanA, meanB] = [(total - sum) / nA, sum / nB];
    const errorA = Math.max(0, squares - own - (total - sum) * meanA) / (nA - 1) / nA;
    const errorB = Math.max(0, own - sum * meanB) / (nB - 1) / nB;
    return (meanB - meanA) / Math.sqrt(errorA + errorB);
  };
  const seen = tOf(sumOf(ofB), sumOf(ofB.map((value) => value * value)));
  if (nA < 2 || nB < 2 || !Number.isFinite(seen)) return null;
  const random = seededRandom(seed);
  const permuted = new Float64Array(draws);
  // The tie tolerance covers rounding from summing in another order.
  const tie = 1e-9 * Math.abs(seen);
  let [above, below] = [0, 0];
  for (let draw = 0; draw < draws; draw++) {
    // Selection sampling (Knuth, volume 2, algorithm 3.4.2 S): devices with 0 are not drawn.
    let [places, left, sum, own] = [nB, nA + nB, 0, 0];
    for (const value of all) {
      if (random() * left < places) {
        sum += value;
        own += value * value;
        places -= 1;
      }
      left -= 1;
    }
    const t = tOf(sum, own);
    permuted[draw] = t;
    if (t >= seen - tie) above += 1;
    if (t <= seen + tie) below += 1;
  }
  permuted.sort();
  const rule = monteCarloRule({ extreme: Math.min(above, below), draws });
  const double = (p: number) => Math.min(1, 2 * p);
  return {
    pValue: double(rule.pValue),
    p99: [double(rule.exactPLower99), double(rule.exactPUpper99)],
    drawn: draws,
    quantiles: (tail) => {
      const place = Math.max(0, Math.min(draws - 1, Math.floor(tail * (draws + 1)) - 1));
      return [permuted[place] ?? 0, permuted[draws - 1 - place] ?? 0];
    },
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
