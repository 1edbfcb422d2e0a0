import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SampleRatioMismatchInput, sampleRatioMismatch } from "../../../core/statistics/index.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_5, numRuns: 300 });

test.each(goldenRows<SampleRatioMismatchInput>("srm.json"))("%s", (_, { input, expected }) => {
  expectGolden(sampleRatioMismatch(input), expected);
});

const group = fc.record({
  count: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 1e9 })),
  weight: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 100 }),
    fc.double({ min: 1e-12, max: 2 ** 53 - 1, noNaN: true }),
  ),
});
type Group = { count: number; weight: number };
const check = (groups: Group[]) =>
  sampleRatioMismatch({ counts: groups.map(({ count }) => count), weights: groups.map(({ weight }) => weight) });

describe("what must not matter", () => {
  const plain = fc.array(fc.record({ count: fc.nat(1000), weight: fc.integer({ min: 1, max: 9 }) }), { maxLength: 5 });

  test("the order of the groups, the unit of the weights, and an empty group of weight 0", () => {
    fc.assert(
      fc.property(plain, (groups) => {
        const result = check(groups);
        expectGolden(check(groups.toReversed()), result);
        expectGolden(check(groups.map(({ count, weight }) => ({ count, weight: weight * 1000 }))), result);
        expectGolden(check([{ count: 0, weight: 0 }, ...groups]), result);
      }),
    );
  });
});

test("alarms on a single device in a group of weight 0, whatever else there is", () => {
  fc.assert(
    fc.property(fc.array(group, { maxLength: 4 }), (groups) => {
      const result = check([...groups, { count: 1, weight: 0 }]);
      expect(result).toMatchObject({ status: "unexpected_arm", mismatch: true, chi2: null });
    }),
  );
});

test("is never NaN, and says null where there is nothing to test", () => {
  fc.assert(
    fc.property(fc.array(group, { maxLength: 5 }), (groups) => {
      const result = check(groups);
      expectComputed(result);
      expect(result.pValue === null).toBe(result.status === "single_arm" || result.status === "no_data");
    }),
  );
  expect(sampleRatioMismatch({ counts: [0, 0], weights: [1, 1] })).toMatchObject({
    status: "no_data",
    mismatch: false,
  });
  expect(sampleRatioMismatch({ counts: [], weights: [] })).toMatchObject({ status: "single_arm", mismatch: false });
});

test("lets the exact test decide when two groups expect few devices", () => {
  // 99:1, with five in the small group instead of one: chi-square raises a false alarm.
  const result = sampleRatioMismatch({ counts: [95, 5], weights: [99, 1] });
  expect(result).toMatchObject({ status: "small_counts", mismatch: false });
  expect(result.pValue).toBeLessThan(0.001);
  expectClose(result.exactBinomialP, 0.0034323215877545, 1e-12); // SciPy binomtest(5, 100, 0.01)
  expect(result.decidingP).toBe(result.exactBinomialP);
});

test("alarms below 0.001 unless told otherwise", () => {
  const input = { counts: [5612, 4388], weights: [50, 50] };
  expect(sampleRatioMismatch(input).mismatch).toBe(true);
  expect(sampleRatioMismatch({ ...input, threshold: 1e-40 }).mismatch).toBe(false);
});

test.each<[SampleRatioMismatchInput, string]>([
  [{ counts: [1, 2], weights: [1] }, "weights.length is 1: allowed are 2"],
  [{ counts: [1, -2], weights: [1, 1] }, "counts[1] is -2"],
  [{ counts: [1.5, 2], weights: [1, 1] }, "counts[0] is 1.5"],
  [{ counts: [1, Number.NaN], weights: [1, 1] }, "counts[1] is NaN"],
  [{ counts: [1, 2], weights: [1, -1] }, "weights[1] is -1"],
  [{ counts: [1, 2], weights: [Number.NaN, 1] }, "weights[0] is NaN"],
  [{ counts: [1, 2], weights: [Infinity, 1] }, "weights[0] is Infinity"],
  [{ counts: [1, 2], weights: [1, 1], threshold: 0 }, "threshold is 0"],
  [{ counts: [1, 2], weights: [1, 1], threshold: 1.5 }, "threshold is 1.5"],
])("refuses %j", (input, message) => {
  expect(() => sampleRatioMismatch(input)).toThrow(RangeError);
  expect(() => sampleRatioMismatch(input)).toThrow(message);
});
