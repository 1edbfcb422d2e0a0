import { choose } from "./choose.ts";
import { equallyExtreme } from "./equally-extreme.ts";
import { monteCarloRule } from "./monte-carlo-rule.ts";
import { requireCount } from "./require.ts";
import { powerOfTwo, twoMoments } from "./sample.ts";
import { seededRandom } from "./seeded-random.ts";

export interface PermutedValues {
  /**
   * One value per device, each from −1e300 to 1e300; the unit of permutation is the device, not
   * the event.
   */
  readonly values: readonly number[];
  /**
   * Number of further devices whose value is 0: a whole number to 10^12, default 0. Saves listing
   * them, as few devices buy something.
   */
  readonly zeros?: number;
}

export interface ValuePermutationInput {
  readonly kind: "values";
  /** The control. */
  readonly a: PermutedValues;
  readonly b: PermutedValues;
  /** Number of random permutations if there are too many to enumerate: 1 to 10^7, default 9,999. */
  readonly draws?: number;
  /** Seed of the random permutations, a whole number from 0 to 2^53 − 1; default 1. */
  readonly seed?: number;
}

export interface ValuePermutationResult {
  /** `no_data`: a group has no devices. */
  readonly status: "ok" | "no_data";
  /** `enumeration`: all permutations. `monteCarlo`: random ones. */
  readonly kind: "enumeration" | "monteCarlo";
  /** Number of permutations examined. */
  readonly permutations: number;
  /** Mean of B minus mean of A. */
  readonly difference: number | null;
  /** P(a difference at least as large, in either direction); the p-value to show. */
  readonly pTwoSided: number | null;
  readonly log10PTwoSided: number | null;
  /**
   * P(B − A at least as large) and P(B − A at most as large); both include the observed value.
   */
  readonly pGreater: number | null;
  readonly pLess: number | null;
  /** For random permutations: 99 % interval of the exact pTwoSided. */
  readonly exactPLower99: number | null;
  readonly exactPUpper99: number | null;
}

/** Enumerating more takes longer than 9,999 random permutations are worth. */
const MAX_ENUMERATED = 200_000;
const DRAWS = 9_999;
/** Relative tolerance of the observed difference, for values such as 0.1 + 0.2 and 0.3. */
const TIE = 1e-12;

/** The permutation test of the difference of two means. */
export function permuteValues(input: Omit<ValuePermutationInput, "kind">): ValuePermutationResult {
  const { a, b, draws = DRAWS, seed = 1 } = input;
  requireCount("draws", draws, 1, 1e7);
  requireCount("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  requireCount("a.zeros", a.zeros ?? 0);
  requireCount("b.zeros", b.zeros ?? 0);
  const difference = differenceOf(a, b);
  const [nA, nB] = [devicesOf(a), devicesOf(b)];
  const n = nA + nB;
  const ways = choose(n, nB) ?? Infinity;
  const kind = ways <= MAX_ENUMERATED ? "enumeration" : "monteCarlo";
  if (difference === null) {
    const none = { pTwoSided: null, log10PTwoSided: null, pGreater: null, pLess: null };
    return { status: "no_data", kind, permutations: 0, difference, ...none, exactPLower99: null, exactPUpper99: null };
  }
  // Zeros add nothing to a sum, so they are not assigned to a group.
  const drawn = [a, b].map(({ values }) => values.filter((value) => value !== 0));
  const values = inExactUnits(drawn.flat());
  const bounds = boundsOf(values.slice(drawn[0]?.length), values, nB, n);
  if (kind === "enumeration") {
    const all = [...values, ...Array<number>(n - values.length).fill(0)];
    const { twoSided, greater, less } = countAll(all, nB, bounds);
    const permutations = Number(ways);
    return {
      status: "ok",
      kind,
      permutations,
      difference,
      ...withLog(twoSided / permutations),
      pGreater: greater / permutations,
      pLess: less / permutations,
      exactPLower99: null,
      exactPUpper99: null,
    };
  }
  const { twoSided, greater, less } = countRandom(values, nB, n, bounds, draws, seededRandom(seed));
  const { pValue, exactPLower99, exactPUpper99 } = monteCarloRule({ extreme: twoSided, draws });
  return {
    status: "ok",
    kind,
    permutations: draws,
    difference,
    ...withLog(pValue),
    pGreater: monteCarloRule({ extreme: greater, draws }).pValue,
    pLess: monteCarloRule({ extreme: less, draws }).pValue,
    exactPLower99,
    exactPUpper99,
  };
}

function devicesOf({ values, zeros = 0 }: PermutedValues): number {
  return values.length + zeros;
}

/** Mean of B minus mean of A. */
function differenceOf(a: PermutedValues, b: PermutedValues): number | null {
  const { a: ofA, b: ofB, difference } = twoMoments(a, b);
  if ((a.zeros ?? 0) === 0 && (b.zeros ?? 0) === 0) return difference;
  if (devicesOf(a) === 0 || devicesOf(b) === 0) return null;
  const meanOf = (values: number, mean: number | null, all: number) => ((mean ?? 0) * values) / all;
  return meanOf(b.values.length, ofB.mean, devicesOf(b)) - meanOf(a.values.length, ofA.mean, devicesOf(a));
}

function withLog(p: number) {
  return { pTwoSided: p, log10PTwoSided: Math.log10(p) + 0 };
}

/**
 * Returns the values unchanged if they and their sums are whole numbers; else scales by a power of
 * two, so that no sum overflows.
 */
function inExactUnits(values: readonly number[]): readonly number[] {
  if (areExact(values)) return values;
  const unit = powerOfTwo(values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0));
  return values.map((value) => value / unit);
}

function areExact(values: readonly number[]): boolean {
  const total = values.reduce((sum, value) => sum + Math.abs(value), 0);
  return total <= Number.MAX_SAFE_INTEGER && values.every(Number.isInteger);
}

/** Bounds for the sum of B's values: at most `low` or at least `high` is as extreme as observed. */
interface Bounds {
  readonly low: number;
  readonly high: number;
  /** One-sided bounds: at least `greater` is as large as observed, at most the other as small. */
  readonly greater: number;
  readonly less: number;
}

/** @param values of all n devices that have one, scaled for summing; `ofB` are those of B */
function boundsOf(ofB: readonly number[], values: readonly number[], nB: number, n: number): Bounds {
  const total = values.reduce((sum, value) => sum + value, 0);
  const seen = ofB.reduce((sum, value) => sum + value, 0);
  if (areExact(values)) return { ...equallyExtreme(seen, total, nB, n), greater: seen, less: seen };
  const mean = total * (nB / n);
  const distance = Math.abs(seen - mean);
  const size = values.reduce((sum, value) => sum + Math.abs(value), 0);
  const tie = Math.max(TIE * distance, n * Number.EPSILON * size); // the second term bounds the rounding of sums
  return { low: mean - distance + tie, high: mean + distance - tie, greater: seen - tie, less: seen + tie };
}

interface Counts {
  twoSided: number;
  greater: number;
  less: number;
}

function count(counts: Counts, sum: number, { low, high, greater, less }: Bounds): void {
  if (sum <= low || sum >= high) counts.twoSided += 1;
  if (sum >= greater) counts.greater += 1;
  if (sum <= less) counts.less += 1;
}

function countAll(values: readonly number[], nB: number, bounds: Bounds): Counts {
  const counts = { twoSided: 0, greater: 0, less: 0 };
  const total = values.reduce((sum, value) => sum + value, 0);
  // Enumerate the smaller group: its size bounds the depth of recursion.
  const isB = nB * 2 <= values.length;
  const choosing = (from: number, left: number, sum: number): void => {
    if (left === 0) {
      count(counts, isB ? sum : total - sum, bounds);
      return;
    }
    for (let i = from; i <= values.length - left; i++) choosing(i + 1, left - 1, sum + (values[i] ?? 0));
  };
  choosing(0, isB ? nB : values.length - nB, 0);
  return counts;
}

/**
 * Draws the devices of B one after the other, each with its probability given the draws before.
 * Devices with 0 are not drawn: of a million devices few have bought something.
 *
 * Source: selection sampling (Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S).
 */
function countRandom(
  drawn: readonly number[],
  nB: number,
  n: number,
  bounds: Bounds,
  draws: number,
  random: () => number,
): Counts {
  const counts = { twoSided: 0, greater: 0, less: 0 };
  for (let draw = 0; draw < draws; draw++) {
    let places = nB;
    let left = n;
    let sum = 0;
    for (const value of drawn) {
      if (random() * left < places) {
        sum += value;
        places -= 1;
      }
      left -= 1;
    }
    count(counts, sum, bounds);
  }
  return counts;
}
