import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CovariateSample, type CupedInput, cuped, welch } from "../../../core/statistics/index.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_16, numRuns: 300 });

test.each(goldenRows<CupedInput>("cuped.json"))("%s", (_, { input, expected }) => {
  expectGolden(cuped(input), expected);
});

const whole = fc.integer({ min: -1000, max: 1000 });
const devices = fc.array(fc.tuple(whole, whole), { minLength: 2, maxLength: 25 });
const sample = (of: [number, number][]): CovariateSample => ({ y: of.map(([y]) => y), x: of.map(([, x]) => x) });
const run = (a: CovariateSample, b: CovariateSample) => cuped({ a, b, alpha: 0.05 });

test("is Welch's test when x does not vary, and with no x at all", () => {
  fc.assert(
    fc.property(devices, devices, whole, (a, b, constant) => {
      const same = ({ y }: CovariateSample) => ({ y, x: y.map(() => constant) });
      const {
        meanA: _,
        meanB: __,
        varianceA,
        varianceB,
        ...test
      } = welch({
        a: { values: sample(a).y },
        b: { values: sample(b).y },
        alpha: 0.05,
      });
      const result = run(same(sample(a)), same(sample(b)));
      expect(result.theta).toBe(0);
      expectGolden(result, { ...test, adjustedVarianceA: varianceA, adjustedVarianceB: varianceB }, 1e-9);
    }),
  );
});

describe("what must not matter", () => {
  test("an offset of x or y, and the unit of x", () => {
    fc.assert(
      fc.property(devices, devices, whole, (a, b, offset) => {
        const plain = run(sample(a), sample(b));
        fc.pre(plain.status === "ok" && (plain.standardError ?? 0) > 1e-6);
        const moved = (of: [number, number][]) => sample(of.map(([y, x]) => [y + offset, 256 * x + 1000 * offset]));
        const other = run(moved(a), moved(b));
        expectClose(other.theta * 256, plain.theta, 1e-9);
        for (const field of ["difference", "standardError", "df", "pValue", "varianceReduction"] as const) {
          expect(Math.abs((other[field] ?? 0) - (plain[field] ?? 0))).toBeLessThanOrEqual(
            1e-9 * (1 + Math.abs(plain[field] ?? 0)),
          );
        }
      }),
    );
  });

  test("how much of x is added to y: what can be predicted is taken away, but the groups' difference in x stays out", () => {
    fc.assert(
      fc.property(devices, devices, whole, (a, b, times) => {
        const plain = run(sample(a), sample(b));
        fc.pre(plain.status === "ok" && (plain.standardError ?? 0) > 1e-6);
        const more = (of: [number, number][]) => sample(of.map(([y, x]) => [y + times * x, x]));
        const other = run(more(a), more(b));
        expect(Math.abs(other.theta - plain.theta - times)).toBeLessThan(1e-8 * (1 + Math.abs(times)));
        expectClose(other.standardError, plain.standardError ?? 0, 1e-6);
        expect(Math.abs((other.difference ?? 0) - (plain.difference ?? 0))).toBeLessThan(1e-6);
      }),
    );
  });

  test("which group is called A, but for the sign", () => {
    fc.assert(
      fc.property(devices, devices, (a, b) => {
        const [one, other] = [run(sample(a), sample(b)), run(sample(b), sample(a))];
        expectGolden(other.theta, one.theta, 1e-9);
        expectGolden(other.adjustedVarianceA, one.adjustedVarianceB, 1e-9);
      }),
    );
  });
});

test("takes away more of the noise the better x predicts y", () => {
  const noise = [3, -1, 4, -1, -5, 9, -2, 6, -5, -3, 5, -8, 9, -7, 9, -3];
  const before = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5];
  const group = (share: number, more: number) => ({
    y: before.map((x, i) => 10 * x + share * (noise[i] ?? 0) + more),
    x: before,
  });
  const reductions = [8, 4, 2, 1].map((share) => run(group(share, 0), group(share, 1)).varianceReduction ?? 0);
  expect(reductions).toEqual(reductions.toSorted((a, b) => a - b));
  expect(reductions[3]).toBeGreaterThan(0.95);
  const { difference, status } = run(group(1, 0), group(1, 1));
  expect(status).toBe("ok");
  expectClose(difference, 1, 1e-9);
});

test("says that nothing is left to test when x tells y exactly, though multiplying rounds", () => {
  const tenth = { y: [0.1, 0.3, 0.7], x: [1, 3, 7] };
  expect(run(tenth, { y: tenth.y.map((y) => y + 1), x: tenth.x })).toMatchObject({
    status: "zero_variance",
    pValue: null,
  });
});

test("is never NaN, and null for what is missing", () => {
  const size = fc.oneof(fc.constant(0), whole, fc.double({ min: 1e-50, max: 1e50, noNaN: true }));
  const any = fc.array(fc.tuple(size, size), { maxLength: 5 });
  fc.assert(fc.property(any, any, (a, b) => expectComputed(run(sample(a), sample(b)))));
  expect(run({ y: [], x: [] }, { y: [1, 2], x: [1, 2] })).toMatchObject({
    status: "insufficient_data",
    adjustedDifference: null,
    adjustedVarianceA: null,
    varianceReduction: null,
  });
});

const fine = { y: [1, 2, 3], x: [3, 1, 2] };

test.each<[CupedInput, string]>([
  [{ a: { y: [1, 2], x: [1] }, b: fine, alpha: 0.05 }, "a.x.length is 1: allowed are 2, one for each y"],
  [{ a: fine, b: { y: [1, Number.NaN], x: [1, 2] }, alpha: 0.05 }, "b.y[1] is NaN"],
  [{ a: fine, b: { y: [1, 2], x: [1, 1e60] }, alpha: 0.05 }, "b.x[1] is 1e+60"],
  [{ a: fine, b: fine, alpha: 2 }, "alpha is 2"],
])("refuses %j", (input, message) => {
  expect(() => cuped(input)).toThrow(RangeError);
  expect(() => cuped(input)).toThrow(message);
});
