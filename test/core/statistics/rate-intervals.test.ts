import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Conversions,
  type Interval,
  type RateIntervalsInput,
  rateIntervals,
  specialFunctions,
  twoProportions,
} from "../../../core/statistics/index.ts";
import { conversionsOf } from "./conversions-of.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_10, numRuns: 500 });

test.each(goldenRows<RateIntervalsInput>("wilson_newcombe.json"))("%s", (_, { input, expected }) => {
  expectGolden(rateIntervals(input), expected);
});

const NONE: Interval = [Number.NaN, Number.NaN];
const group = conversionsOf(1e9);
const alphas = fc.double({ min: 1e-12, max: 0.9, noNaN: true });
const excludes0 = ([lower, upper]: Interval) => lower > 0 || upper < 0;

test("p < alpha, the difference's and the lift's interval say the same, on 100,000 tables", () => {
  // Use a loop: fast-check would take ten times as long to generate the tables.
  const random = sequence(2010);
  const disagreeing: unknown[] = [];
  let rejected = 0;
  for (let i = 0; i < 100_000; i++) {
    const digits = [1, 2, 4, 9][i % 4] ?? 1;
    const shared = random() ** 3;
    const draw = (): Conversions => {
      const n = 1 + Math.floor(10 ** (random() * digits));
      const rate = i % 3 === 0 ? random() : Math.min(1, shared * (0.9 + 0.2 * random()));
      return { n, conversions: Math.round(n * rate) };
    };
    const [a, b, alpha] = [draw(), draw(), [0.05, 0.01, 0.1, 0.001, 0.5][i % 5] ?? 0.05];
    const rejects = (twoProportions({ a, b, alpha }).pooled.pValue ?? 1) < alpha;
    const { scoreMee, liftKoopman } = rateIntervals({ a, b, alpha });
    if (rejects) rejected += 1;
    if (excludes0(scoreMee ?? NONE) !== rejects || (liftKoopman && excludes0(liftKoopman) !== rejects)) {
      disagreeing.push({ a, b, alpha });
    }
  }
  expect(disagreeing).toEqual([]);
  expect(rejected).toBeGreaterThan(20_000);
  expect(rejected).toBeLessThan(80_000);
});

test("says the same where alpha is the p-value itself, or the next number", () => {
  fc.assert(
    fc.property(conversionsOf(1e6), conversionsOf(1e6), (a, b) => {
      const p = twoProportions({ a, b, alpha: 0.05 }).pooled.pValue ?? 1;
      fc.pre(p > 1e-300 && p < 0.999);
      for (const [alpha, rejects] of [
        [p, false],
        [p * (1 + 2 ** -52), true],
      ] as const) {
        const { scoreMee, liftKoopman } = rateIntervals({ a, b, alpha });
        expect(excludes0(scoreMee ?? NONE)).toBe(rejects);
        expect(excludes0(liftKoopman ?? NONE)).toBe(rejects);
      }
    }),
  );
});

describe("the score intervals end where the test just rejects", () => {
  test("a difference", () => {
    fc.assert(
      fc.property(
        conversionsOf(1e4),
        conversionsOf(1e4),
        fc.double({ min: 1e-6, max: 0.9, noNaN: true }),
        (a, b, alpha) => {
          const z2 = specialFunctions.norm_isf({ p: alpha / 2 }) ** 2;
          const { scoreMee, scoreMiettinenNurminen } = rateIntervals({ a, b, alpha });
          for (const [interval, limit] of [
            [scoreMee, z2],
            [scoreMiettinenNurminen, (z2 * (a.n + b.n)) / (a.n + b.n - 1)],
          ] as const) {
            for (const end of interval ?? NONE) {
              if (Math.abs(end) === 1) continue;
              const within = chiSquareOfDifference(a, b, end - Math.sign(end - rate(b) + rate(a)) * 1e-9);
              const beyond = chiSquareOfDifference(a, b, end + Math.sign(end - rate(b) + rate(a)) * 1e-9);
              expect(within).toBeLessThanOrEqual(limit * (1 + 1e-6));
              expect(beyond).toBeGreaterThanOrEqual(limit * (1 - 1e-6));
            }
          }
        },
      ),
    );
  });

  test("a lift", () => {
    fc.assert(
      fc.property(
        conversionsOf(1e4),
        conversionsOf(1e4),
        fc.double({ min: 1e-6, max: 0.9, noNaN: true }),
        (a, b, alpha) => {
          const limit = specialFunctions.norm_isf({ p: alpha / 2 }) ** 2;
          const { liftKoopman } = rateIntervals({ a, b, alpha });
          const seen = rate(b) / rate(a);
          for (const end of liftKoopman ?? []) {
            if (end === -1 || end === Infinity) continue;
            const outwards = 1 + end > seen ? 1e-9 : -1e-9;
            expect(chiSquareOfRatio(a, b, (1 + end) * (1 - outwards))).toBeLessThanOrEqual(limit * (1 + 1e-6));
            expect(chiSquareOfRatio(a, b, (1 + end) * (1 + outwards))).toBeGreaterThanOrEqual(limit * (1 - 1e-6));
          }
        },
      ),
    );
  });
});

describe("what must not matter", () => {
  test("which group is called A: the difference changes its sign, the ratio is turned over", () => {
    fc.assert(
      fc.property(group, group, alphas, (a, b, alpha) => {
        const one = rateIntervals({ a, b, alpha });
        const other = rateIntervals({ a: b, b: a, alpha });
        expectGolden(other.scoreMee, turned(one.scoreMee), 1e-12);
        expectGolden(other.newcombe, turned(one.newcombe), 1e-12);
        if (one.liftKoopman && other.liftKoopman) {
          const [ratio, inverse] = [1 + one.liftKoopman[1], 1 + other.liftKoopman[0]];
          expectGolden(Math.min(ratio, inverse), 1 / Math.max(ratio, inverse));
        }
      }),
    );
  });

  test("whether conversions or their absence are counted: the difference changes its sign", () => {
    fc.assert(
      fc.property(group, group, alphas, (a, b, alpha) => {
        const one = rateIntervals({ a, b, alpha });
        const other = rateIntervals({ a: failures(a), b: failures(b), alpha });
        expectGolden(other.scoreMee, turned(one.scoreMee), 1e-12);
        expectGolden(other.newcombe, turned(one.newcombe), 1e-12);
      }),
    );
  });
});

test("every interval holds what was seen, stays in its range, and is wider for a smaller alpha", () => {
  fc.assert(
    fc.property(group, group, alphas, (a, b, alpha) => {
      const result = rateIntervals({ a, b, alpha });
      const wider = rateIntervals({ a, b, alpha: alpha / 2 });
      expectComputed(result);
      for (const name of ["scoreMee", "scoreMiettinenNurminen", "newcombe"] as const) {
        const [lower, upper] = result[name] ?? NONE;
        expect(lower).toBeGreaterThanOrEqual(-1);
        expect(upper).toBeLessThanOrEqual(1);
        expect(lower).toBeLessThanOrEqual((result.difference ?? 0) + 1e-15);
        expect(upper).toBeGreaterThanOrEqual((result.difference ?? 0) - 1e-15);
        expect(wider[name]?.[0]).toBeLessThanOrEqual(lower + 1e-15);
        expect(wider[name]?.[1]).toBeGreaterThanOrEqual(upper - 1e-15);
      }
      const [lower, upper] = result.liftKoopman ?? [-1, Infinity];
      expect(lower).toBeGreaterThanOrEqual(-1);
      expect(lower).toBeLessThanOrEqual(result.lift ?? Infinity);
      expect(upper).toBeGreaterThanOrEqual(result.lift ?? -1);
      expect(wider.liftKoopman?.[0] ?? -1).toBeLessThanOrEqual(lower);
      expect(wider.liftKoopman?.[1] ?? Infinity).toBeGreaterThanOrEqual(upper);
    }),
  );
});

test("narrows like one over the root of the number of devices", () => {
  const width = (n: number) => {
    const [lower, upper] =
      rateIntervals({ a: { n, conversions: n / 10 }, b: { n, conversions: n / 5 }, alpha: 0.05 }).scoreMee ?? NONE;
    return upper - lower;
  };
  expectClose(width(1e6) / width(1e8), 10, 1e-4);
  expectClose(width(1e8) / width(1e10), 10, 1e-6);
});

test("says null, and of which group it knows the rate, when a group has no devices", () => {
  const result = rateIntervals({ a: { n: 0, conversions: 0 }, b: { n: 10, conversions: 3 }, alpha: 0.05 });
  expect(result).toMatchObject({ status: "no_data", liftStatus: "no_data", wilsonA: null, scoreMee: null, lift: null });
  expect(result.wilsonB).not.toBeNull();
});

const fine = { n: 10, conversions: 3 };

test.each<[RateIntervalsInput, string]>([
  [{ a: { n: 5, conversions: 6 }, b: fine, alpha: 0.05 }, "a.conversions is 6"],
  [{ a: fine, b: { n: 5, conversions: 0.5 }, alpha: 0.05 }, "b.conversions is 0.5"],
  [{ a: fine, b: { n: Number.NaN, conversions: 0 }, alpha: 0.05 }, "b.n is NaN"],
  [{ a: fine, b: fine, alpha: 0 }, "alpha is 0"],
])("refuses %j", (input, message) => {
  expect(() => rateIntervals(input)).toThrow(RangeError);
  expect(() => rateIntervals(input)).toThrow(message);
});

function rate({ n, conversions }: Conversions): number {
  return conversions / n;
}

function failures({ n, conversions }: Conversions): Conversions {
  return { n, conversions: n - conversions };
}

function turned(interval: Interval | null): readonly number[] {
  const [lower, upper] = interval ?? NONE;
  return [0 - upper, 0 - lower];
}

/**
 * The score chi-square by its definition, with the best-fitting rates under the difference found by
 * bisection.
 */
function chiSquareOfDifference(a: Conversions, b: Conversions, difference: number): number {
  return chiSquareOf(a, b, Math.max(0, -difference), Math.min(1, 1 - difference), (p) => [p + difference, 1]);
}

function chiSquareOfRatio(a: Conversions, b: Conversions, ratio: number): number {
  return chiSquareOf(a, b, 0, Math.min(1, 1 / ratio), (p) => [p * ratio, ratio]);
}

function chiSquareOf(
  a: Conversions,
  b: Conversions,
  least: number,
  most: number,
  rateOfB: (rateA: number) => [rate: number, slope: number],
): number {
  const slope = ({ n, conversions }: Conversions, p: number) =>
    (conversions === 0 ? 0 : conversions / p) - (n === conversions ? 0 : (n - conversions) / (1 - p));
  let [low, high] = [least, most];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    const [p, times] = rateOfB(middle);
    if (slope(a, middle) + times * slope(b, p) > 0) low = middle;
    else high = middle;
  }
  const p = (low + high) / 2;
  const [q] = rateOfB(p);
  const distance = ({ n, conversions }: Conversions, at: number) =>
    (conversions - n * at) ** 2 / (n * Math.max(at * (1 - at), Number.MIN_VALUE));
  return distance(a, p) + distance(b, q);
}

/** Random numbers in [0, 1) (mulberry32). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
