import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type TwoProportionsInput, twoProportions } from "../../../core/statistics/index.ts";
import { conversionsOf } from "./conversions-of.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_9, numRuns: 500 });

test.each(goldenRows<TwoProportionsInput>("two_proportion.json"))("%s", (_, { input, expected }) => {
  expectGolden(twoProportions(input), expected);
});

const group = conversionsOf(1e9);
const pooled = (a: TwoProportionsInput["a"], b: TwoProportionsInput["b"]) =>
  twoProportions({ a, b, alpha: 0.05 }).pooled;

describe("what must not matter", () => {
  test("which group is called A, but for the sign", () => {
    fc.assert(
      fc.property(group, group, (a, b) => {
        const one = twoProportions({ a, b, alpha: 0.05 });
        const other = twoProportions({ a: b, b: a, alpha: 0.05 });
        expect(other.pooled).toEqual({ ...one.pooled, z: negative(one.pooled.z) });
        expect(other.unpooled.pValue).toBe(one.unpooled.pValue);
        expect(other.unpooled.waldLower).toBe(negative(one.unpooled.waldUpper));
        expect(other.difference).toBe(negative(one.difference));
      }),
    );
  });

  test("whether conversions or their absence are counted, but for the sign", () => {
    fc.assert(
      fc.property(group, group, (a, b) => {
        const [one, other] = [pooled(a, b), pooled(failures(a), failures(b))];
        expect(other).toEqual({ ...one, z: negative(one.z) });
      }),
    );
  });
});

test("has for chi-square the square of z, which grows with the number of devices", () => {
  fc.assert(
    fc.property(conversionsOf(1e6), conversionsOf(1e6), fc.integer({ min: 2, max: 1000 }), (a, b, times) => {
      const [one, many] = [pooled(a, b), pooled(scaled(a, times), scaled(b, times))];
      expectClose(many.chi2, (one.chi2 ?? 0) * times, 1e-12);
      expect(many.pValue).toBeLessThanOrEqual(one.pValue ?? 0);
    }),
  );
});

test("falls as B gains conversions beyond A's rate", () => {
  const p = [...Array(41).keys()].map((more) =>
    pooled({ n: 200, conversions: 20 }, { n: 100, conversions: 10 + more }),
  );
  expect(p[0]?.pValue).toBe(1);
  for (const [i, { pValue }] of p.entries()) if (i > 0) expect(pValue).toBeLessThan(p[i - 1]?.pValue ?? 0);
});

test("keeps the digits of one conversion more among a thousand million", () => {
  const { difference, lift } = twoProportions({
    a: { n: 1e9, conversions: 123_456_789 },
    b: { n: 1e9, conversions: 123_456_790 },
    alpha: 0.05,
  });
  expect(difference).toBe(1e-9);
  expectClose(lift, 1 / 123_456_789, 1e-15);
});

test("is never NaN, and null where there is nothing to compute", () => {
  fc.assert(
    fc.property(conversionsOf(1e12, 0), conversionsOf(1e12, 0), (a, b) => {
      const result = twoProportions({ a, b, alpha: 0.05 });
      expectComputed(result);
      expect(result.pooled.pValue === null).toBe(a.n === 0 || b.n === 0);
      expect(Number.isFinite(result.pooled.log10P)).toBe(a.n > 0 && b.n > 0);
    }),
  );
  expect(twoProportions({ a: { n: 0, conversions: 0 }, b: { n: 4, conversions: 1 }, alpha: 0.05 })).toEqual({
    status: "no_data",
    rateA: null,
    rateB: 0.25,
    difference: null,
    lift: null,
    minExpectedCount: null,
    pooled: { status: "no_data", z: null, pValue: null, log10P: null, chi2: null },
    unpooled: { status: "no_data", z: null, pValue: null, log10P: null, waldLower: null, waldUpper: null },
  });
});

test("calls counts small below an expected count of 5, not at it", () => {
  expect(pooled({ n: 100, conversions: 5 }, { n: 100, conversions: 5 }).status).toBe("ok");
  expect(pooled({ n: 100, conversions: 5 }, { n: 100, conversions: 4 }).status).toBe("small_counts");
  expect(pooled({ n: 100, conversions: 96 }, { n: 100, conversions: 95 }).status).toBe("small_counts");
});

const fine = { n: 10, conversions: 3 };

test.each<[TwoProportionsInput, string]>([
  [{ a: { n: 5, conversions: 6 }, b: fine, alpha: 0.05 }, "a.conversions is 6: allowed are whole numbers from 0 to 5"],
  [{ a: fine, b: { n: -1, conversions: 0 }, alpha: 0.05 }, "b.n is -1"],
  [{ a: fine, b: { n: 5, conversions: -1 }, alpha: 0.05 }, "b.conversions is -1"],
  [{ a: { n: 5.5, conversions: 1 }, b: fine, alpha: 0.05 }, "a.n is 5.5"],
  [{ a: { n: Number.NaN, conversions: 1 }, b: fine, alpha: 0.05 }, "a.n is NaN"],
  [{ a: fine, b: { n: 5, conversions: Number.NaN }, alpha: 0.05 }, "b.conversions is NaN"],
  [{ a: fine, b: { n: 2e12, conversions: 1 }, alpha: 0.05 }, "b.n is 2000000000000"],
  [{ a: fine, b: fine, alpha: 1 }, "alpha is 1"],
  [{ a: fine, b: fine, alpha: Number.NaN }, "alpha is NaN"],
])("refuses %j", (input, message) => {
  expect(() => twoProportions(input)).toThrow(RangeError);
  expect(() => twoProportions(input)).toThrow(message);
});

function negative(value: number | null): number | null {
  return value === null ? null : 0 - value;
}

function failures({ n, conversions }: TwoProportionsInput["a"]) {
  return { n, conversions: n - conversions };
}

function scaled({ n, conversions }: TwoProportionsInput["a"], times: number) {
  return { n: n * times, conversions: conversions * times };
}
