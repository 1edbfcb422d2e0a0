import { describe, expect, test } from "vitest";
import { testPairs } from "../../core/crossed-pairs.ts";
import { independence } from "../../core/statistics/independence.ts";

const EVEN = [
  [50, 50],
  [50, 50],
];
const DEPENDENT = [
  [100, 0],
  [0, 100],
];
/** Expected counts of 2.25: chi-square finds p = 1.9e-7 there, which is unreliable. */
const SMALL = [
  [9, 0, 0],
  [3, 9, 6],
  [0, 0, 9],
];

describe("pairs of experiments", () => {
  test("are independent or not by chi-square, adjusted for all that are tested", () => {
    const found = testPairs([{ table: EVEN }, { table: DEPENDENT }, { table: EVEN }]);
    expect(found.map(({ status, devices }) => [status, devices])).toEqual([
      ["independent", 200],
      ["dependent", 200],
      ["independent", 200],
    ]);
    const { pValue, log10P } = independence({ table: DEPENDENT });
    expect(found[1]).toMatchObject({ cramersV: 1, pValue, log10P });
    expect((found[1]?.adjustedP ?? 0) / (pValue ?? 1)).toBeCloseTo(3, 9);
  });

  test("with small counts have Fisher's p where the table is 2 × 2, and none where it is larger", () => {
    const table = [
      [4, 0],
      [0, 4],
    ];
    const [two, larger, even] = testPairs([{ table }, { table: SMALL }, { table: EVEN }]);
    // 2 / (8 over 4)
    expect(two?.pValue).toBeCloseTo(1 / 35, 12);
    expect(independence({ table: SMALL }).pValue).toBeCloseTo(1.9e-7, 8);
    expect(larger).toMatchObject({ status: "untested", pValue: null, log10P: null, adjustedP: null, devices: 36 });
    // This is not a comparison either.
    expect(two?.adjustedP).toBeCloseTo(2 / 35, 12);
    expect(even?.adjustedP).toBe(1);
  });

  test("that are linked are no test, and say how strongly they are", () => {
    const [linked, other] = testPairs([{ table: DEPENDENT, isLinked: true }, { table: DEPENDENT }]);
    expect(linked).toMatchObject({ status: "linked", cramersV: 1, adjustedP: null });
    expect(linked?.pValue).toBeGreaterThan(0);
    expect(other?.adjustedP).toBe(other?.pValue);
  });

  test.each<[what: string, table: number[][]]>([
    ["no device", [[0, 0]]],
    ["no group", []],
    ["one group", [[5, 7]]],
  ])("of %s are not tested", (_, table) => {
    expect(testPairs([{ table }])).toMatchObject([{ status: "untested", cramersV: null, adjustedP: null }]);
  });
});
