import fc from "fast-check";
import { expect, test } from "vitest";
import { type BinomialExactInput, binomialExact } from "../../../core/statistics/index.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_2, numRuns: 500 });

test.each(goldenRows<BinomialExactInput>("binomial_exact.json"))("%s", (_, { input, expected }) => {
  expectGolden(binomialExact(input), expected);
});

const counts = fc
  .integer({ min: 0, max: 200 })
  .chain((n) => fc.record({ n: fc.constant(n), k: fc.integer({ min: 0, max: n }) }));
const share = fc.integer({ min: 0, max: 64 }).map((i) => i / 64); // 1 − p is exact

test("agrees with adding up the probabilities one by one", () => {
  fc.assert(
    fc.property(counts, share, ({ k, n }, p) => {
      const terms = [...Array(n + 1).keys()].map((j) => choose(n, j) * p ** j * (1 - p) ** (n - j));
      const { pLower, pUpper } = binomialExact({ k, n, p });
      expectClose(
        pLower,
        terms.slice(0, k + 1).reduce((a, b) => a + b, 0),
        1e-11,
      );
      expectClose(
        pUpper,
        terms.slice(k).reduce((a, b) => a + b, 0),
        1e-11,
      );
      expect(pLower + pUpper - (terms[k] ?? 0)).toBeCloseTo(1, 12);
    }),
  );
});

test("sees the same in both groups: k of n at p is n − k of n at 1 − p", () => {
  fc.assert(
    fc.property(counts, share, ({ k, n }, p) => {
      const one = binomialExact({ k, n, p });
      const other = binomialExact({ k: n - k, n, p: 1 - p });
      expect([other.pLower, other.pUpper, other.pTwoSided]).toEqual([one.pUpper, one.pLower, one.pTwoSided]);
    }),
  );
});

test("has a lower tail that rises with k and an upper tail that falls", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (n, p, pick) => {
        const k = pick % n;
        const here = binomialExact({ k, n, p });
        const next = binomialExact({ k: k + 1, n, p });
        expect(next.pLower).toBeGreaterThanOrEqual(here.pLower * (1 - 1e-9));
        expect(next.pUpper).toBeLessThanOrEqual(here.pUpper * (1 + 1e-9));
      },
    ),
  );
});

test("is never NaN, and log10P is finite wherever the event is possible", () => {
  const n = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 1e12 }));
  const p = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 5e-324, 1e-12, 1 - 2 ** -53, 1));
  fc.assert(
    fc.property(n, fc.double({ min: 0, max: 1, noNaN: true }), p, (devices, fraction, groupShare) => {
      const k = Math.round(devices * fraction);
      const result = binomialExact({ k, n: devices, p: groupShare });
      expectComputed(result);
      const possible = (k === 0 || groupShare > 0) && (k === devices || groupShare < 1);
      expect(Number.isFinite(result.log10P)).toBe(possible);
    }),
  );
});

test("answers at a thousand million devices at once, in the middle and far out", () => {
  const started = performance.now();
  expectClose(binomialExact({ k: 500_000_001, n: 1e9, p: 0.5 }).pUpper, 0.499987384337393, 1e-12); // mpmath, term by term
  expectClose(binomialExact({ k: 500_550_000, n: 1e9, p: 0.5 }).pUpper, 2.04843778112561e-265, 1e-11);
  expectClose(binomialExact({ k: 99_700_000, n: 1e9, p: 0.1 }).pLower, 5.76299364690331e-220, 1e-9);
  expect(performance.now() - started).toBeLessThan(1000); // takes 2 ms; 1e9 terms would take seconds
});

test.each<[BinomialExactInput, string]>([
  [{ k: -1, n: 5, p: 0.5 }, "k is -1"],
  [{ k: 6, n: 5, p: 0.5 }, "k is 6: allowed are whole numbers from 0 to 5"],
  [{ k: 1.5, n: 5, p: 0.5 }, "k is 1.5"],
  [{ k: 0, n: Number.NaN, p: 0.5 }, "n is NaN"],
  [{ k: 0, n: Infinity, p: 0.5 }, "n is Infinity"],
  [{ k: 1, n: 5, p: 1.01 }, "p is 1.01: allowed are numbers from 0 to 1"],
  [{ k: 1, n: 5, p: Number.NaN }, "p is NaN"],
])("refuses %j", (input, message) => {
  expect(() => binomialExact(input)).toThrow(RangeError);
  expect(() => binomialExact(input)).toThrow(message);
});

function choose(n: number, k: number): number {
  let ways = 1n;
  for (let i = 1; i <= k; i++) ways = (ways * BigInt(n - k + i)) / BigInt(i);
  return Number(ways);
}
