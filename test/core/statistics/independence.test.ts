import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type IndependenceInput, independence } from "../../../core/statistics/index.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_4, numRuns: 300 });

test.each(goldenRows<IndependenceInput>("independence.json"))("%s", (_, { input, expected }) => {
  expectGolden(independence(input), expected);
});

const count = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 1e9 }));
const tables = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }))
  .chain(([rows, columns]) =>
    fc.array(fc.array(count, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
  );
const transposed = (table: number[][]) => (table[0] ?? []).map((_, j) => table.map((row) => row[j] ?? 0));

describe("what must not matter", () => {
  test("which experiment is called the first, or the order of its groups", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const expected = { ...independence({ table }), phi: undefined, fisherP: undefined, fisherLog10P: undefined };
        const relevant = ({ status, chi2, df, cramersV }: typeof expected) => ({ status, chi2, df, cramersV });
        expectGolden(independence({ table: transposed(table) }), relevant(expected));
        expectGolden(independence({ table: table.toReversed() }), relevant(expected));
      }),
    );
  });

  test("an empty group in either experiment", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const withEmptyRow = [...table, (table[0] ?? []).map(() => 0)];
        const withEmptyColumn = table.map((row) => [0, ...row]);
        expect(independence({ table: withEmptyRow })).toEqual(independence({ table }));
        expect(independence({ table: withEmptyColumn })).toEqual(independence({ table }));
      }),
    );
  });
});

test("is never NaN, and its p-value is never 0 while its logarithm is finite", () => {
  fc.assert(
    fc.property(tables, (table) => {
      const result = independence({ table });
      expectComputed(result);
      if (result.status === "not_testable") expect(result.pValue).toBeNull();
      else expect(Number.isFinite(result.log10P)).toBe(true);
      if (result.cramersV !== null) expect(result.cramersV).toBeLessThanOrEqual(1);
    }),
  );
});

test("keeps all digits of one device too many among a thousand million", () => {
  const half = 250_000_000;
  const { chi2, phi } = independence({
    table: [
      [half + 1, half],
      [half, half],
    ],
  });
  const n = 4 * half + 1;
  const determinant = half; // (h+1)h − h·h
  const margins = (2 * half + 1) ** 2 * (2 * half) ** 2;
  expectClose(chi2, (n * determinant ** 2) / margins, 1e-13);
  expectClose(phi, determinant / Math.sqrt(margins), 1e-13);
});

test("gives Fisher's p for a 2 × 2 that is left after dropping empty groups", () => {
  const { df, fisherP } = independence({
    table: [
      [8, 0, 2],
      [1, 0, 5],
    ],
  });
  expect(df).toBe(1);
  expectClose(fisherP, 0.03496503496503497);
});

test.each<[number[][], string]>([
  [[[1, 2], [3]], "table[1].length is 1: allowed are 2"],
  [
    [
      [1, 2],
      [3, -4],
    ],
    "table[1][1] is -4",
  ],
  [
    [
      [1, 2.5],
      [3, 4],
    ],
    "table[0][1] is 2.5",
  ],
  [
    [
      [1, Number.NaN],
      [3, 4],
    ],
    "table[0][1] is NaN",
  ],
])("refuses %j", (table, message) => {
  expect(() => independence({ table })).toThrow(RangeError);
  expect(() => independence({ table })).toThrow(message);
});
