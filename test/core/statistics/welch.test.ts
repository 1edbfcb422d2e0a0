import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { specialFunctions, type WelchInput, type WelchResult, welch } from "../../../core/statistics/index.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_11, numRuns: 500 });

test.each(goldenRows<WelchInput>("welch.json"))("%s", (_, { input, expected }) => {
  expectGolden(welch(input), expected);
});

const cents = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -1e6, max: 1e6 })), { minLength: 2, maxLength: 30 });
const run = (a: number[], b: number[], alpha = 0.05) => welch({ a: { values: a }, b: { values: b }, alpha });

describe("what must not matter", () => {
  test("which group is called A, but for the sign", () => {
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        const [one, other] = [run(a, b), run(b, a)];
        const mirrored = (value: number | null) => (value === null ? null : 0 - value);
        expectGolden(other, {
          ...one,
          meanA: one.meanB,
          varianceA: one.varianceB,
          meanB: one.meanA,
          varianceB: one.varianceA,
          difference: mirrored(one.difference),
          t: mirrored(one.t),
          ciLower: mirrored(one.ciUpper),
          ciUpper: mirrored(one.ciLower),
        });
      }),
    );
  });

  test("the order of the devices", () => {
    fc.assert(
      fc.property(cents, cents, (a, b) => expectGolden(run(a.toReversed(), b.toSorted()), withoutMeans(run(a, b)))),
    );
  });

  test("the unit of the values, and a constant that is added to all", () => {
    const offset = fc.integer({ min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(cents, cents, offset, fc.constantFrom(2 ** -900, 0.25, 1024, 2 ** 900), (a, b, more, times) => {
        const plain = run(a, b);
        const shifted = run(
          a.map((value) => value + more),
          b.map((value) => value + more),
        );
        expectGolden(shifted, withoutMeans(plain));
        const inOtherUnits = run(
          a.map((value) => value * times),
          b.map((value) => value * times),
        );
        expectGolden(unitless(inOtherUnits), unitless(plain));
        if (plain.standardError !== null && plain.standardError > 0) {
          expectClose(inOtherUnits.standardError, plain.standardError * times, 1e-12);
          expectClose((inOtherUnits.ciUpper ?? 0) / times, plain.ciUpper ?? 0, 1e-9);
        }
      }),
    );
  });

  test("whether it gets the values or their moments", () => {
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        const result = run(a, b);
        const moments = welch({
          a: { n: a.length, mean: result.meanA ?? 0, variance: result.varianceA },
          b: { n: b.length, mean: result.meanB ?? 0, variance: result.varianceB },
          alpha: 0.05,
        });
        // Differences of rounded means keep fewer digits.
        const scale = 1e-9 * (1 + Math.abs(result.meanA ?? 0));
        expect(Math.abs((moments.difference ?? 0) - (result.difference ?? 0))).toBeLessThanOrEqual(scale);
        if (result.standardError) expectClose(moments.standardError, result.standardError);
        if (result.df) expectClose(moments.df, result.df);
      }),
    );
  });
});

test("excludes 0 from the interval exactly when p < alpha", () => {
  fc.assert(
    fc.property(cents, cents, fc.double({ min: 1e-6, max: 0.9, noNaN: true }), (a, b, alpha) => {
      const { pValue, ciLower, ciUpper } = run(a, b, alpha);
      fc.pre(pValue !== null);
      expect((ciLower ?? 0) > 0 || (ciUpper ?? 0) < 0).toBe((pValue ?? 1) < alpha);
      for (const [level, rejects] of [
        [pValue ?? 1, false],
        [(pValue ?? 1) * (1 + 2 ** -52), true],
      ] as const) {
        if (level < 1e-300 || level >= 1) continue;
        const at = run(a, b, level);
        expect((at.ciLower ?? 0) > 0 || (at.ciUpper ?? 0) < 0).toBe(rejects);
      }
    }),
  );
});

test("has at least the degrees of freedom of the smaller group and at most those of both", () => {
  fc.assert(
    fc.property(cents, cents, (a, b) => {
      const { df } = run(a, b);
      fc.pre(df !== null);
      expect(df).toBeGreaterThanOrEqual((Math.min(a.length, b.length) - 1) * (1 - 1e-12));
      expect(df).toBeLessThanOrEqual((a.length + b.length - 2) * (1 + 1e-12));
    }),
  );
});

test("is the normal test for very many devices", () => {
  const group = (mean: number) => ({ n: 1e12, mean, variance: 1e6 });
  const { t, pValue } = welch({ a: group(0), b: group(0.003), alpha: 0.05 });
  expectClose(pValue, 2 * specialFunctions.norm_sf({ z: t ?? 0 }), 1e-9);
});

test("keeps its digits with a large offset, where a sum of squares has none left", () => {
  const values = [...Array(1000).keys()].map((i) => 1e9 + (i % 10) / 8);
  const { varianceA } = run(values, values);
  expectClose(varianceA, (8.25 / 64) * (1000 / 999), 1e-14);
});

test("is never NaN", () => {
  const any = fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { maxLength: 6 });
  const constant = fc
    .tuple(fc.double({ min: -1e300, max: 1e300, noNaN: true }), fc.nat(4))
    .map(([value, n]) => Array(n).fill(value));
  const sample = fc.oneof(any, constant, cents);
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const result = run(a, b);
      expectComputed(result);
      expect(result.pValue === null).toBe(result.status === "insufficient_data" || result.status === "zero_variance");
      if (result.status === "ok") expect(Number.isFinite(result.log10P)).toBe(true);
    }),
  );
});

test("says what it cannot compute, instead of a p of 0 or 1", () => {
  expect(run([1, 1], [2, 2, 2])).toEqual({
    status: "zero_variance",
    meanA: 1,
    varianceA: 0,
    meanB: 2,
    varianceB: 0,
    difference: 1,
    t: null,
    df: null,
    standardError: 0,
    pValue: null,
    log10P: null,
    ciLower: null,
    ciUpper: null,
  });
  expect(run([], [1, 2])).toMatchObject({ status: "insufficient_data", meanA: null, difference: null, pValue: null });
  const one = { n: 1, mean: 3, variance: null };
  expect(welch({ a: one, b: one, alpha: 0.05 })).toMatchObject({ status: "insufficient_data", difference: 0, t: null });
});

const fine = { values: [1, 2, 3] };

test.each<[WelchInput, string]>([
  [{ a: { values: [1, Number.NaN] }, b: fine, alpha: 0.05 }, "a.values[1] is NaN"],
  [{ a: fine, b: { values: [1, Infinity] }, alpha: 0.05 }, "b.values[1] is Infinity"],
  [{ a: { n: 2.5, mean: 1, variance: 1 }, b: fine, alpha: 0.05 }, "a.n is 2.5"],
  [{ a: { n: 2, mean: Number.NaN, variance: 1 }, b: fine, alpha: 0.05 }, "a.mean is NaN"],
  [{ a: { n: 2, mean: 1, variance: -1 }, b: fine, alpha: 0.05 }, "a.variance is -1"],
  [{ a: { n: 2, mean: 1, variance: null }, b: fine, alpha: 0.05 }, "a.variance is null"],
  [{ a: fine, b: fine, alpha: 0 }, "alpha is 0: allowed are numbers from 1e-300 to below 1"],
])("refuses %j", (input, message) => {
  expect(() => welch(input)).toThrow(RangeError);
  expect(() => welch(input)).toThrow(message);
});

/** The fields that do not depend on an offset. */
function withoutMeans({ meanA: _, meanB: __, ...rest }: WelchResult) {
  return rest;
}

function unitless({ status, t, df, pValue, log10P }: WelchResult) {
  return { status, t, df, pValue, log10P };
}

test("has the variance of a sample near 0 beside one near 1e9, to its digits", () => {
  const large = Array.from({ length: 1000 }, (_, place) => 1e9 + (place % 7));
  const small = Array.from({ length: 1000 }, (_, place) => (1 + (place % 5)) * 1e-6);
  const { varianceB } = welch({ a: { values: large }, b: { values: small }, alpha: 0.05 });
  // 1e-12 × the variance of 1 to 5, of which each comes 200 times: 2 × 1000 / 999.
  expect(Math.abs((varianceB ?? 0) / ((2e-12 * 1000) / 999) - 1)).toBeLessThan(1e-12);
});
