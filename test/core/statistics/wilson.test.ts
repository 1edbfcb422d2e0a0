import fc from "fast-check";
import { expect, test } from "vitest";
import { specialFunctions, type WilsonInput, wilson } from "../../../core/statistics/index.ts";
import { expectClose, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_7, numRuns: 500 });

interface TwoGroups {
  readonly a: Omit<WilsonInput, "alpha">;
  readonly b: Omit<WilsonInput, "alpha">;
  readonly alpha: number;
}

test.each(goldenRows<TwoGroups>("wilson_newcombe.json"))("%s", (_, { input: { a, b, alpha }, expected }) => {
  expectGolden(wilson({ ...a, alpha }), expected.wilsonA);
  expectGolden(wilson({ ...b, alpha }), expected.wilsonB);
});

const sample = fc
  .record({ n: fc.integer({ min: 1, max: 1e9 }), fraction: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ n, fraction }) => ({ n, conversions: Math.round(n * fraction) }));
const alphas = fc.double({ min: 1e-12, max: 0.9, noNaN: true });

test("ends where the score test just rejects: |rate − end| is z standard errors at that end", () => {
  fc.assert(
    fc.property(sample, alphas, ({ n, conversions }, alpha) => {
      const z = specialFunctions.norm_isf({ p: alpha / 2 });
      for (const end of wilson({ n, conversions, alpha }) ?? []) {
        const distance = (conversions / n - end) ** 2;
        expect(Math.abs(distance - (z * z * end * (1 - end)) / n)).toBeLessThanOrEqual(
          1e-12 * (distance + (z * z) / n),
        );
      }
    }),
  );
});

test("contains the observed rate, stays within 0 to 1, and is exact at its ends", () => {
  fc.assert(
    fc.property(sample, alphas, ({ n, conversions }, alpha) => {
      const [lower, upper] = wilson({ n, conversions, alpha }) ?? [Number.NaN, Number.NaN];
      expect(lower).toBeLessThanOrEqual(conversions / n);
      expect(upper).toBeGreaterThanOrEqual(conversions / n);
      expect(lower >= 0 && upper <= 1).toBe(true);
      expect(lower === 0).toBe(conversions === 0);
      if (conversions === n) expect(upper).toBe(1);
    }),
  );
});

test("is mirrored when conversions and non-conversions trade places", () => {
  fc.assert(
    fc.property(sample, ({ n, conversions }) => {
      const [lower, upper] = wilson({ n, conversions, alpha: 0.05 }) ?? [Number.NaN, Number.NaN];
      expectGolden(wilson({ n, conversions: n - conversions, alpha: 0.05 }), [1 - upper, 1 - lower]);
    }),
  );
});

test("keeps the digits of a tiny lower end, where center − spread would lose four", () => {
  const [lower, upper] = wilson({ conversions: 1, n: 1e9, alpha: 1e-30 }) ?? [0, 0];
  const z2 = specialFunctions.norm_isf({ p: 5e-31 }) ** 2;
  expectClose(lower * upper, 1 / 1e9 / (1e9 + z2), 1e-14); // the product of the two roots
});

test("is null without devices", () => {
  expect(wilson({ conversions: 0, n: 0, alpha: 0.05 })).toBeNull();
});

test.each<[WilsonInput, string]>([
  [{ conversions: 6, n: 5, alpha: 0.05 }, "conversions is 6: allowed are whole numbers from 0 to 5"],
  [{ conversions: -1, n: 5, alpha: 0.05 }, "conversions is -1"],
  [{ conversions: 1, n: 5.5, alpha: 0.05 }, "n is 5.5"],
  [{ conversions: Number.NaN, n: 5, alpha: 0.05 }, "conversions is NaN"],
  [{ conversions: 1, n: 5, alpha: 1 }, "alpha is 1"],
  [{ conversions: 1, n: 5, alpha: 0 }, "alpha is 0"],
])("refuses %j", (input, message) => {
  expect(() => wilson(input)).toThrow(RangeError);
  expect(() => wilson(input)).toThrow(message);
});
