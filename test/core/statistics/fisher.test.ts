import fc from "fast-check";
import { expect, test } from "vitest";
import { fisherExact, type TwoByTwo } from "../../../core/statistics/index.ts";
import { expectClose, expectComputed } from "./golden.ts";

fc.configureGlobal({ seed: 20_3, numRuns: 300 });

const small = fc.integer({ min: 0, max: 60 });
const tables = fc.tuple(fc.tuple(small, small), fc.tuple(small, small));
const large = fc.oneof(small, fc.integer({ min: 0, max: 1e9 }));
const largeTables = fc.tuple(fc.tuple(large, large), fc.tuple(large, large));

test("agrees with writing out every table with the same margins, in whole numbers", () => {
  fc.assert(
    fc.property(tables, (table) => {
      const [[a, b], [c, d]] = table;
      const ways = new Map<number, bigint>();
      for (let k = Math.max(0, a - d); k <= Math.min(a + b, a + c); k++) {
        ways.set(k, choose(a + b, k) * choose(c + d, a + c - k));
      }
      const all = choose(a + b + c + d, a + c);
      const seen = ways.get(a) ?? 0n;
      const share = (counts: (k: number, way: bigint) => boolean) =>
        ratio(
          [...ways].reduce((sum, [k, way]) => (counts(k, way) ? sum + way : sum), 0n),
          all,
        );
      const result = fisherExact({ table });
      expectClose(
        result.pValue,
        share((_, way) => way <= seen),
        1e-11,
      );
      expectClose(
        result.pLower,
        share((k) => k <= a),
        1e-11,
      );
      expectClose(
        result.pUpper,
        share((k) => k >= a),
        1e-11,
      );
    }),
  );
});

test("does not change when the table is transposed or its rows or columns trade places", () => {
  fc.assert(
    fc.property(largeTables, ([[a, b], [c, d]]) => {
      const { pValue, log10P } = fisherExact({
        table: [
          [a, b],
          [c, d],
        ],
      });
      const others: TwoByTwo[] = [
        [
          [a, c],
          [b, d],
        ],
        [
          [c, d],
          [a, b],
        ],
        [
          [b, a],
          [d, c],
        ],
      ];
      for (const table of others) {
        const other = fisherExact({ table });
        expect(Math.abs(other.log10P - log10P)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(log10P)));
        expect(Math.abs(other.pValue - pValue)).toBeLessThanOrEqual(1e-7 * pValue + 1e-7); // a tie counts to 1e-7
      }
    }),
    { numRuns: 100 },
  );
});

test("is never NaN nor 0 by default, with empty rows, empty tables and a thousand million devices", () => {
  fc.assert(
    fc.property(largeTables, (table) => {
      const result = fisherExact({ table });
      expectComputed(result);
      expect(Number.isFinite(result.log10P)).toBe(true);
    }),
  );
  expect(
    fisherExact({
      table: [
        [0, 0],
        [0, 0],
      ],
    }).pValue,
  ).toBe(1);
  expect(
    fisherExact({
      table: [
        [0, 0],
        [3, 4],
      ],
    }),
  ).toEqual({ pValue: 1, log10P: 0, pLower: 1, pUpper: 1 });
});

test("counts the equally unlikely table on the other side", () => {
  const { pValue, pLower } = fisherExact({
    table: [
      [0, 500],
      [500, 0],
    ],
  });
  expectClose(pValue, 2 * pLower, 1e-12);
});

test("answers at once for a million devices and for a thousand million", () => {
  const started = performance.now();
  expectClose(
    fisherExact({
      table: [
        [250_500, 249_500],
        [249_500, 250_500],
      ],
    }).pUpper,
    0.02285830305678911,
    1e-9,
  );
  const { pUpper } = fisherExact({
    table: [
      [250_030_000, 249_970_000],
      [249_970_000, 250_030_000],
    ],
  });
  expectClose(pUpper, 7.39199935148742e-5, 1e-11); // mpmath, term by term
  expect(performance.now() - started).toBeLessThan(1000); // takes 2 ms
});

test.each<[unknown, string]>([
  [
    [
      [1, -2],
      [3, 4],
    ],
    "table[0][1] is -2",
  ],
  [
    [
      [1, 2],
      [3.5, 4],
    ],
    "table[1][0] is 3.5",
  ],
  [
    [
      [1, 2],
      [3, Number.NaN],
    ],
    "table[1][1] is NaN",
  ],
  [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    "two rows of two counts",
  ],
])("refuses %j", (table, message) => {
  expect(() => fisherExact({ table: table as TwoByTwo })).toThrow(RangeError);
  expect(() => fisherExact({ table: table as TwoByTwo })).toThrow(message);
});

function choose(n: number, k: number): bigint {
  let ways = 1n;
  for (let i = 1; i <= k; i++) ways = (ways * BigInt(n - k + i)) / BigInt(i);
  return ways;
}

/** part / all with 15 digits, for parts far below what a double can hold. */
function ratio(part: bigint, all: bigint): number {
  const digits = all.toString().length - part.toString().length + 18;
  return Number((part * 10n ** BigInt(digits)) / all) / 10 ** digits;
}
