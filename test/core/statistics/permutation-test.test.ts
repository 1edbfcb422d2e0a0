import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PermutationTestInput, permutationTest, specialFunctions, welch } from "../../../core/statistics/index.ts";
import { conversionsOf } from "./conversions-of.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_13, numRuns: 200 });

test.each(goldenRows<PermutationTestInput>("permutation_exact.json"))("%s", (_, { input, expected }) => {
  expectGolden(permutationTest(input), expected);
});

const values = (a: readonly number[], b: readonly number[], more: { draws?: number; seed?: number } = {}) =>
  permutationTest({ kind: "values", a: { values: a }, b: { values: b }, ...more });
const ones = ({ n, conversions }: { n: number; conversions: number }) =>
  [...Array(n).keys()].map((i) => (i < conversions ? 1 : 0));

describe("conversions", () => {
  const few = fc
    .integer({ min: 1, max: 8 })
    .chain((n) => fc.record({ n: fc.constant(n), conversions: fc.integer({ min: 0, max: n }) }));

  test("are what enumerating the devices gives", () => {
    fc.assert(
      fc.property(few, few, (a, b) => {
        const { pTwoSided, pGreater, pLess } = permutationTest({ kind: "binary", a, b });
        expectGolden(values(ones(a), ones(b)), { kind: "enumeration", pTwoSided, pGreater, pLess }, 1e-11);
      }),
    );
  });

  test("give the same, whichever group is called A and whether conversions or their absence are counted", () => {
    fc.assert(
      fc.property(conversionsOf(1e6), conversionsOf(1e6), (a, b) => {
        const result = permutationTest({ kind: "binary", a, b });
        const swapped = permutationTest({ kind: "binary", a: b, b: a });
        expectGolden(swapped.pTwoSided, result.pTwoSided, 1e-9);
        expectGolden([swapped.pLess, swapped.pGreater], [result.pGreater, result.pLess], 1e-9);
        const failures = permutationTest({
          kind: "binary",
          a: { ...a, conversions: a.n - a.conversions },
          b: { ...b, conversions: b.n - b.conversions },
        });
        expectGolden(failures.pTwoSided, result.pTwoSided, 1e-9);
      }),
    );
  });

  test("have two tails that overlap in what was seen, and a two-sided p that is at least the smaller one", () => {
    fc.assert(
      fc.property(conversionsOf(1e6), conversionsOf(1e6), (a, b) => {
        const { pTwoSided, pGreater, pLess, log10PTwoSided } = permutationTest({ kind: "binary", a, b });
        expect((pGreater ?? 0) + (pLess ?? 0)).toBeGreaterThanOrEqual(1 - 1e-12);
        expect(pTwoSided).toBeGreaterThanOrEqual(Math.min(pGreater ?? 0, pLess ?? 0) * (1 - 1e-9));
        expect(Number.isFinite(log10PTwoSided)).toBe(true);
      }),
    );
  });

  test("count a table on the other side that is exactly as far away", () => {
    // 2 of 3 against 1 of 6: the mean is 1, so 0 and 2 of 3 are as far from it. In doubles 3 ×
    // (3/9) is 1, 6 × (2/9) is not 4/3.
    const { pTwoSided } = permutationTest({ kind: "binary", a: { n: 6, conversions: 1 }, b: { n: 3, conversions: 2 } });
    expectClose(pTwoSided, (3 * 6 + 1 + 20) / 84, 1e-14);
  });

  test("are exact for a million million devices", () => {
    const { pTwoSided, permutations } = permutationTest({
      kind: "binary",
      a: { n: 5e11, conversions: 3 },
      b: { n: 5e11, conversions: 11 },
    });
    // Few among many are assigned to A or B like flips of a coin.
    expectClose(pTwoSided, (2 * (1 + 14 + 91 + 364)) / 2 ** 14, 1e-9);
    expect(permutations).toMatch(/^11470745596\d{147}$/);
  });

  test("say null without devices", () => {
    expect(permutationTest({ kind: "binary", a: { n: 0, conversions: 0 }, b: { n: 3, conversions: 1 } })).toMatchObject(
      {
        status: "no_data",
        pTwoSided: null,
        permutations: null,
      },
    );
  });
});

describe("values", () => {
  const cents = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -50, max: 50 })), { minLength: 1, maxLength: 6 });

  test("give what looking at every choice of devices gives, in whole numbers", () => {
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        const all = [...a, ...b];
        const [n, total] = [all.length, sum(all)];
        const distance = (of: number) => Math.abs(of * n - total * b.length);
        const sums = choices(all, b.length).map(sum);
        const share = (isIn: (of: number) => boolean) => sums.filter(isIn).length / sums.length;
        expectGolden(values(a, b), {
          kind: "enumeration",
          permutations: sums.length,
          pTwoSided: share((of) => distance(of) >= distance(sum(b))),
          pGreater: share((of) => of >= sum(b)),
          pLess: share((of) => of <= sum(b)),
        });
      }),
    );
  });

  test("may leave out the devices whose value is 0, and say how many they are", () => {
    const zeros = fc.nat(60);
    fc.assert(
      fc.property(cents, cents, zeros, zeros, (a, b, zerosA, zerosB) => {
        const spelled = values([...a, ...Array(zerosA).fill(0)], [...b, ...Array(zerosB).fill(0)], { draws: 200 });
        const short = permutationTest({
          kind: "values",
          a: { values: a, zeros: zerosA },
          b: { values: b, zeros: zerosB },
          draws: 200,
        });
        expect({ ...short, difference: null }).toEqual({ ...spelled, difference: null });
        expectClose(short.difference, spelled.difference ?? 0, 1e-12);
      }),
    );
  });

  test("of a million million devices take as long as the few that are not 0", () => {
    const few = (n: number) => ({ values: Array<number>(n).fill(1), zeros: 5e11 - n });
    const { pTwoSided, exactPLower99, exactPUpper99 } = permutationTest({ kind: "values", a: few(3), b: few(11) });
    const exact = (2 * (1 + 14 + 91 + 364)) / 2 ** 14;
    expect(exactPLower99).toBeLessThan(exact);
    expect(exactPUpper99).toBeGreaterThan(exact);
    expect(pTwoSided).toBeCloseTo(exact, 1);
  });

  test("do not change with the order, the groups' names, the unit or an offset", () => {
    const offset = fc.integer({ min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(cents, cents, offset, (a, b, more) => {
        const { pTwoSided } = values(a, b);
        expect(values(a.toReversed(), b.toSorted()).pTwoSided).toBe(pTwoSided);
        expect(values(b, a).pTwoSided).toBe(pTwoSided);
        for (const change of [
          (x: number) => x + more,
          (x: number) => x / 100,
          (x: number) => x * 1e290,
          (x: number) => 0.1 + x / 7,
        ]) {
          expect(values(a.map(change), b.map(change)).pTwoSided).toBe(pTwoSided);
        }
      }),
    );
  });

  test("count ties that rounding would break", () => {
    expect(values([0.1, 0.2], [0.3, 0]).pTwoSided).toBe(1); // 0.1 + 0.2 > 0.3 + 0
    expect(values([1e9 + 0.1, 1e9 + 0.2], [1e9 + 0.3, 1e9]).pTwoSided).toBe(1);
    expect(values([0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7]).pTwoSided).toBeCloseTo(2 / 35, 15);
  });

  test("are drawn at random beyond 200,000 permutations: near the exact p, the same for the same seed, never 0", () => {
    const [a, b] = [ones({ n: 40, conversions: 11 }), ones({ n: 40, conversions: 20 })];
    const exact = permutationTest({
      kind: "binary",
      a: { n: 40, conversions: 11 },
      b: { n: 40, conversions: 20 },
    });
    const missed = [...Array(50).keys()].filter((seed) => {
      const { kind, permutations, pTwoSided, exactPLower99, exactPUpper99 } = values(a, b, { seed, draws: 2000 });
      expect({ kind, permutations }).toEqual({ kind: "monteCarlo", permutations: 2000 });
      expect(pTwoSided).toBeGreaterThanOrEqual(1 / 2001);
      return (exact.pTwoSided ?? 0) < (exactPLower99 ?? 1) || (exact.pTwoSided ?? 0) > (exactPUpper99 ?? 0);
    });
    expect(missed.length).toBeLessThanOrEqual(4); // of 50 at 99 %: more than 4 is one in 100,000
    expect(values(a, b, { seed: 7 })).toEqual(values(a, b, { seed: 7 }));
    expect(values(a, b, { seed: 7 }).pTwoSided).not.toBe(values(a, b, { seed: 8 }).pTwoSided);
    expect(values(a, b)).toEqual(values(a, b, { seed: 1, draws: 9999 }));
    const apart = values(Array(30).fill(0), Array(30).fill(5));
    expect(apart).toMatchObject({ pTwoSided: 1e-4, pGreater: 1e-4, pLess: 1, exactPLower99: 0 });
  });

  test("have a random p that tells the truth: the mean of many is that of Welch's test where both hold", () => {
    const group = (shift: number) => [...Array(200).keys()].map((i) => ((i * 7919) % 200) / 100 + shift);
    const [a, b] = [group(0), group(0.1)];
    const p = values(a, b).pTwoSided ?? 0;
    expect(Math.abs(p - (welch({ a: { values: a }, b: { values: b }, alpha: 0.05 }).pValue ?? 0))).toBeLessThan(0.02);
  });

  test("of a million devices take no longer than the few that are not 0", () => {
    const a = Array(500_000).fill(0);
    const b = Array(500_000).fill(0);
    a.fill(1999, 0, 20);
    b.fill(2499, 0, 40);
    const started = performance.now();
    const { pTwoSided } = values(a, b);
    expect(pTwoSided).toBeLessThan(0.02);
    expect(performance.now() - started).toBeLessThan(10_000); // takes 300 ms alone
  });

  test("are never NaN, and null without devices", () => {
    const any = fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { maxLength: 5 });
    fc.assert(fc.property(any, any, (a, b) => expectComputed(values(a, b))));
    expect(values([], [1])).toMatchObject({ status: "no_data", difference: null, pTwoSided: null });
  });
});

test("a rule of random permutations never says 0, and its band holds the share that was seen", () => {
  const counts = fc
    .integer({ min: 1, max: 1e6 })
    .chain((draws) => fc.record({ draws: fc.constant(draws), extreme: fc.integer({ min: 0, max: draws }) }));
  fc.assert(
    fc.property(counts, ({ draws, extreme }) => {
      const result = permutationTest({ kind: "monteCarlo", draws, extreme });
      expect(result.pValue).toBeGreaterThan(0);
      expect(result.pValue).toBeLessThanOrEqual(1);
      expect(result.exactPLower99).toBeLessThanOrEqual(extreme / draws);
      expect(result.exactPUpper99).toBeGreaterThanOrEqual(extreme / draws);
      // At the ends, 0.5 % are left: P(at least that many extreme) and P(at most that many).
      const tail = (x: number, a: number, b: number) => specialFunctions.beta_cdf({ x, a, b })[0];
      if (extreme > 0) expectClose(tail(result.exactPLower99, extreme, draws - extreme + 1), 0.005, 1e-7);
      if (extreme < draws) expectClose(tail(result.exactPUpper99, extreme + 1, draws - extreme), 0.995, 1e-7);
    }),
  );
});

test.each<[PermutationTestInput, string]>([
  [{ kind: "binary", a: { n: 1, conversions: 2 }, b: { n: 1, conversions: 1 } }, "a.conversions is 2"],
  [{ kind: "values", a: { values: [Number.NaN] }, b: { values: [1] } }, "a.values[0] is NaN"],
  [{ kind: "values", a: { values: [1] }, b: { values: [1] }, draws: 0 }, "draws is 0"],
  [{ kind: "values", a: { values: [1], zeros: -1 }, b: { values: [1] } }, "a.zeros is -1"],
  [{ kind: "values", a: { values: [1] }, b: { values: [1] }, seed: -1 }, "seed is -1"],
  [{ kind: "monteCarlo", extreme: 10, draws: 9 }, "extreme is 10: allowed are whole numbers from 0 to 9"],
  [{ kind: "bootstrap" } as never, "kind is bootstrap: allowed are binary, values and monteCarlo"],
])("refuses %j", (input, message) => {
  expect(() => permutationTest(input)).toThrow(RangeError);
  expect(() => permutationTest(input)).toThrow(message);
});

function sum(of: readonly number[]): number {
  return of.reduce((total, value) => total + value, 0);
}

function choices(of: readonly number[], count: number): number[][] {
  if (count === 0) return [[]];
  return of.flatMap((first, i) => choices(of.slice(i + 1), count - 1).map((rest) => [first, ...rest]));
}
