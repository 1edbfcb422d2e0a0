import fc from "fast-check";
import { expect, test } from "vitest";
import { welch } from "../../core/statistics/index.ts";
import { addUp, meanAndVariance } from "../../core/sums.ts";

test("mean and variance are those that the devices' own totals give", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 2 }), (totals) => {
      const values = totals.map((total) => total / 100);
      const own = welch({ a: { values }, b: { values: [0, 1] }, alpha: 0.05 });
      const { mean, variance } = meanAndVariance(addUp(totals.length, totals.map(BigInt)), 100);
      expect(mean).toBeCloseTo(own.meanA as number, 9);
      expect(Math.abs((variance as number) - (own.varianceA as number))).toBeLessThanOrEqual(
        1e-12 * (own.varianceA as number),
      );
    }),
    { seed: 6 },
  );
});

test("a small variance of large values keeps all its digits", () => {
  const totals = [999_999_999_999_999n, 1_000_000_000_000_000n, 1_000_000_000_000_001n];
  expect(meanAndVariance(addUp(3, totals), 1_000_000)).toEqual({ n: 3, mean: 1e9, variance: 1e-12 });
});

test("devices that did nothing count", () => {
  expect(meanAndVariance(addUp(4, [8n]), 1)).toEqual({ n: 4, mean: 2, variance: 16 });
});

test.each([
  [0, [], { n: 0, mean: 0, variance: null }],
  [1, [3n], { n: 1, mean: 3, variance: null }],
  [2, [3n, 3n], { n: 2, mean: 3, variance: 0 }],
])("%i devices", (n, totals, expected) => {
  expect(meanAndVariance(addUp(n, totals), 1)).toEqual(expected);
});
