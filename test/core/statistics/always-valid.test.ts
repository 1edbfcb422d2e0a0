import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AlwaysValidInput, alwaysValid, binomialExact } from "../../../core/statistics/index.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_14, numRuns: 300 });

test.each(goldenRows<AlwaysValidInput>("sequential.json"))("%s", (_, { input, expected }) => {
  expectGolden(alwaysValid(input), expected);
});

const evidence = (counts: number[], weights: number[], { alpha = 0.05, concentration = 100 } = {}) =>
  alwaysValid({ kind: "multinomial", counts, weights, alpha, concentration });
const alphas = fc.double({ min: 1e-9, max: 0.5, noNaN: true });

describe("counts", () => {
  const weight = fc.integer({ min: 1, max: 9 });
  const count = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 1e9 }));

  test("have evidence whose mean under the weights is 1, at every number of devices", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), weight, weight, (n, first, second) => {
        let mean = 0;
        for (let k = 0; k <= n; k++) {
          const share = second / (first + second);
          const chance = binomialExact({ k, n, p: share });
          const one = chance.pLower - (k === 0 ? 0 : binomialExact({ k: k - 1, n, p: share }).pLower);
          mean += one * Math.exp(evidence([n - k, k], [first, second]).logE ?? 0);
        }
        expect(Math.abs(mean - 1)).toBeLessThan(1e-9);
      }),
      { numRuns: 30 },
    );
  });

  test("ever reject equal groups with probability at most alpha: exactly, looking after each of 400 devices", () => {
    for (const alpha of [0.05, 0.2]) {
      let alive = [1]; // chance of k in B and no rejection yet
      let rejected = 0;
      for (let n = 1; n <= 400; n++) {
        const next = Array<number>(n + 1).fill(0);
        for (const [k, chance] of alive.entries()) {
          next[k] = (next[k] ?? 0) + chance / 2;
          next[k + 1] = (next[k + 1] ?? 0) + chance / 2;
        }
        alive = next.map((chance, k) => {
          if (chance === 0 || !evidence([n - k, k], [1, 1], { alpha }).rejected) return chance;
          rejected += chance;
          return 0;
        });
      }
      expect(rejected).toBeLessThan(alpha);
      expect(rejected).toBeGreaterThan(alpha / 10); // it is not merely asleep
    }
  });

  test("find what is there: 52 : 48 in 100,000 devices", () => {
    expect(evidence([48_000, 52_000], [1, 1], { alpha: 1e-9 }).rejected).toBe(true);
  });

  test("do not depend on the order of the groups, the unit of the weights or an empty group of weight 0", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(count, weight), { minLength: 2, maxLength: 5 }), (groups) => {
        const counts = groups.map(([seen]) => seen);
        const weights = groups.map(([, share]) => share);
        const { logE, pValue } = evidence(counts, weights);
        expectGolden(evidence(counts.toReversed(), weights.toReversed()), { logE, pValue }, 1e-9);
        expectGolden(
          evidence(
            counts,
            weights.map((share) => share * 1000),
          ),
          { logE, pValue },
          1e-9,
        );
        expectGolden(evidence([0, ...counts], [0, ...weights]), { logE, pValue });
      }),
    );
  });

  test("have an interval that excludes the weights exactly when they are rejected, and turns over with the groups", () => {
    fc.assert(
      fc.property(count, count, weight, weight, alphas, (a, b, first, second, alpha) => {
        const { rejected, rateRatio, theta, pValue } = evidence([a, b], [first, second], { alpha });
        fc.pre(Math.abs((pValue ?? 1) / alpha - 1) > 1e-6);
        const [lower, upper] = rateRatio ?? [Number.NaN, Number.NaN];
        expect(lower > 1 || upper < 1).toBe(rejected);
        const [least, most] = theta ?? [Number.NaN, Number.NaN];
        expect(least >= 0 && least <= most && most <= 1).toBe(true);
        if (a + b > 0) expect(least <= b / (a + b) && b / (a + b) <= most).toBe(true);
        const swapped = evidence([b, a], [second, first], { alpha }).rateRatio ?? [Number.NaN, Number.NaN];
        expectGolden(
          swapped.map((ratio) => (ratio > 1e6 ? 0 : ratio)),
          [1 / upper, 1 / lower].map((ratio) => (ratio > 1e6 ? 0 : ratio)),
          1e-9,
        );
      }),
    );
  });

  test("end their interval where the evidence reaches 1 / alpha", () => {
    const { theta } = evidence([40, 80], [1, 1]);
    for (const share of theta ?? []) {
      // ln of Γ-functions of whole numbers: the Dirichlet-multinomial by its definition, at the
      // end's shares.
      const lnBeta = (a: number, b: number) => lnFactorial(a - 1) + lnFactorial(b - 1) - lnFactorial(a + b - 1);
      const logE = lnBeta(90, 130) - lnBeta(50, 50) - 40 * Math.log(1 - share) - 80 * Math.log(share);
      expectClose(logE, -Math.log(0.05), 1e-10);
    }
    expect(theta).toHaveLength(2);
  });

  test("have the digits of a difference of one among a thousand million", () => {
    const even = evidence([5e8, 5e8], [1, 1]).logE ?? 0;
    const odd = evidence([5e8 - 50_000, 5e8 + 50_000], [1, 1]).logE ?? 0;
    // d devices from even, ln E has grown by 2 d² / (n + concentration), and terms that are far
    // smaller.
    expectClose(odd - even, (2 * 50_000 ** 2) / 1e9, 1e-6);
  });

  test("say that a device in a group of weight 0 cannot be", () => {
    expect(evidence([5, 1], [1, 0])).toMatchObject({
      status: "unexpected_arm",
      pValue: 0,
      rejected: true,
      theta: null,
    });
    expect(evidence([5, 0], [1, 0])).toMatchObject({ status: "single_arm", pValue: null, rejected: false });
    expect(evidence([], [])).toMatchObject({ status: "single_arm", logE: null });
    expect(evidence([0, 0], [1, 2])).toMatchObject({ status: "no_data", logE: 0, pValue: 1 });
  });

  test("are never NaN", () => {
    const many = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e12 }));
    const share = fc.oneof(fc.constant(0), fc.double({ min: 1e-12, max: 1e15, noNaN: true }));
    const concentration = fc.double({ min: 1e-6, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(many, share), { maxLength: 4 }), concentration, alphas, (groups, near, alpha) => {
        expectComputed(
          evidence(
            groups.map(([seen]) => seen),
            groups.map(([, of]) => of),
            { alpha, concentration: near },
          ),
        );
      }),
    );
  });
});

describe("means", () => {
  const plain = {
    kind: "asymptotic",
    alpha: 0.05,
    tuningN: 5000,
    n: 4000,
    estimate: 0.06,
    standardError: 0.02,
  } as const;
  const sample = fc.record({
    kind: fc.constant("asymptotic" as const),
    alpha: alphas,
    tuningN: fc.integer({ min: 1, max: 1e9 }),
    n: fc.integer({ min: 1, max: 1e9 }),
    estimate: fc.double({ min: -10, max: 10, noNaN: true }),
    standardError: fc.double({ min: 1e-3, max: 10, noNaN: true }),
  });

  test("have an interval that excludes 0 exactly when p < alpha", () => {
    fc.assert(
      fc.property(sample, (input) => {
        const { lower, upper, pValue } = alwaysValid(input);
        expect((lower ?? 0) > 0 || (upper ?? 0) < 0).toBe(pValue < input.alpha);
      }),
    );
  });

  test("have an interval wider than that of one look, and tightest around the planned number", () => {
    fc.assert(
      fc.property(sample, (input) => {
        const { halfWidth } = alwaysValid({ ...input, alpha: 0.05 });
        expect(halfWidth).toBeGreaterThan(1.959963984540054 * input.standardError);
        const tuned = alwaysValid({ ...input, alpha: 0.05, tuningN: input.n }).halfWidth ?? 0;
        expect(tuned).toBeLessThanOrEqual((halfWidth ?? 0) * 1.002); // the tuning is an approximation
      }),
    );
  });

  test("do not depend on the unit or the sign", () => {
    fc.assert(
      fc.property(sample, (input) => {
        const { logE, pValue, lower } = alwaysValid(input);
        const { estimate, standardError } = input;
        const scaled = alwaysValid({ ...input, estimate: estimate * 1024, standardError: standardError * 1024 });
        expect([scaled.logE, scaled.pValue]).toEqual([logE, pValue]);
        const turned = alwaysValid({ ...input, estimate: -estimate });
        expect([turned.logE, turned.pValue]).toEqual([logE, pValue]);
        expect(turned.upper).toBe(0 - (lower ?? 0));
      }),
    );
  });

  test("gain evidence with the estimate", () => {
    const logE = [0, 0.02, 0.04, 0.08, 0.16].map((estimate) => alwaysValid({ ...plain, estimate }).logE ?? 0);
    expect(logE).toEqual(logE.toSorted((a, b) => a - b));
    expect(logE[0]).toBeLessThan(0);
  });

  test("are never NaN, and no evidence without devices or without variance", () => {
    const any = fc.double({ min: -1e150, max: 1e150, noNaN: true });
    fc.assert(
      fc.property(any, any, fc.integer({ min: 0, max: 1e12 }), (estimate, error, n) => {
        expectComputed(alwaysValid({ ...plain, estimate, n, standardError: Math.abs(error) }));
      }),
    );
    for (const nothing of [{ n: 0 }, { standardError: 0 }]) {
      expect(alwaysValid({ ...plain, ...nothing })).toMatchObject({ status: "no_variance", pValue: 1, lower: null });
    }
  });
});

const counts = { kind: "multinomial", counts: [1, 2], weights: [1, 1], alpha: 0.05, concentration: 100 } as const;
const means = { kind: "asymptotic", alpha: 0.05, tuningN: 5000, n: 10, estimate: 1, standardError: 1 } as const;

test.each<[AlwaysValidInput, string]>([
  [{ ...counts, counts: [1, -1] }, "counts[1] is -1"],
  [{ ...counts, weights: [1] }, "weights.length is 1: allowed are 2"],
  [{ ...counts, weights: [1, -1] }, "weights[1] is -1"],
  [{ ...counts, concentration: 0 }, "concentration is 0"],
  [{ ...counts, alpha: 0 }, "alpha is 0"],
  [{ ...means, tuningN: 0 }, "tuningN is 0"],
  [{ ...means, n: 1.5 }, "n is 1.5"],
  [{ ...means, estimate: Number.NaN }, "estimate is NaN"],
  [{ ...means, standardError: -1 }, "standardError is -1"],
  [{ ...means, kind: "msprt" } as never, "kind is msprt: allowed are asymptotic, multinomial and rates"],
])("refuses %j", (input, message) => {
  expect(() => alwaysValid(input)).toThrow(RangeError);
  expect(() => alwaysValid(input)).toThrow(message);
});

function lnFactorial(n: number): number {
  let ln = 0;
  for (let i = 2; i <= n; i++) ln += Math.log(i);
  return ln;
}
