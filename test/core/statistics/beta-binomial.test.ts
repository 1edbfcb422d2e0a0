import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BetaBinomialInput, betaBinomial, specialFunctions } from "../../../core/statistics/index.ts";
import { conversionsOf } from "./conversions-of.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_15, numRuns: 100 });

test.each(goldenRows<BetaBinomialInput>("beta_binomial.json"))("%s", (_, { input, expected }) => {
  expectGolden(betaBinomial(input), expected, 1e-8);
});

test("keeps the digits of small losses", () => {
  for (const [, { input, expected }] of goldenRows<BetaBinomialInput>("beta_binomial.json")) {
    const result = betaBinomial(input);
    for (const field of ["expectedLossA", "expectedLossB"] as const) {
      expectClose(result[field], expected[field] as number, 1e-8);
    }
  }
});

const group = conversionsOf(1e6, 0);
const prior = fc.tuple(
  fc.double({ min: 0.05, max: 1e3, noNaN: true }),
  fc.double({ min: 0.05, max: 1e3, noNaN: true }),
);

describe("of few devices", () => {
  const few = conversionsOf(60, 0);

  test("is the sum of Miller 2015, term by term", () => {
    fc.assert(
      fc.property(few, few, (a, b) => {
        const { chanceBBeatsA, expectedLossB } = betaBinomial({ a, b });
        const [alphaA, betaA] = [a.conversions + 1, a.n - a.conversions + 1];
        const [alphaB, betaB] = [b.conversions + 1, b.n - b.conversions + 1];
        expectGolden(chanceBBeatsA, miller(alphaA, betaA, alphaB, betaB), 1e-10);
        const loss =
          (alphaA / (alphaA + betaA)) * miller(alphaB, betaB, alphaA + 1, betaA) -
          (alphaB / (alphaB + betaB)) * miller(alphaB + 1, betaB, alphaA, betaA);
        expect(Math.abs(expectedLossB - loss)).toBeLessThan(1e-12);
      }),
    );
  });
});

test("trades everything when the groups trade places", () => {
  fc.assert(
    fc.property(group, group, prior, (a, b, shapes) => {
      const one = betaBinomial({ a, b, prior: shapes });
      const other = betaBinomial({ a: b, b: a, prior: shapes });
      expectClose(other.chanceABeatsB, one.chanceBBeatsA, 1e-9);
      expectClose(other.expectedLossA, one.expectedLossB, 1e-9);
      expect(other.credibleA).toEqual(one.credibleB);
    }),
  );
});

test("counts conversions or their absence alike", () => {
  fc.assert(
    fc.property(group, group, prior, (a, b, [alpha, beta]) => {
      const failures = ({ n, conversions }: typeof a) => ({ n, conversions: n - conversions });
      const one = betaBinomial({ a, b, prior: [alpha, beta] });
      const other = betaBinomial({ a: failures(a), b: failures(b), prior: [beta, alpha] });
      expectGolden(other.chanceABeatsB, one.chanceBBeatsA, 1e-9);
      expectGolden(other.expectedLossA, one.expectedLossB, 1e-9);
    }),
  );
});

test("has chances that add up to 1 and losses that differ by the difference of the means", () => {
  fc.assert(
    fc.property(group, group, prior, (a, b, shapes) => {
      const result = betaBinomial({ a, b, prior: shapes });
      expect(result.chanceABeatsB + result.chanceBBeatsA).toBeCloseTo(1, 12);
      const gain = result.posteriorMeanB - result.posteriorMeanA;
      expect(Math.abs(result.expectedLossA - result.expectedLossB - gain)).toBeLessThan(1e-15);
      expect(Math.min(result.expectedLossA, result.expectedLossB)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("has a chance that rises, and a loss that falls, with B's conversions", () => {
  const results = [...Array(31).keys()].map((conversions) =>
    betaBinomial({ a: { n: 40, conversions: 12 }, b: { n: 30, conversions } }),
  );
  for (const [i, { chanceBBeatsA, expectedLossB }] of results.entries()) {
    if (i === 0) continue;
    expect(chanceBBeatsA).toBeGreaterThan(results[i - 1]?.chanceBBeatsA ?? 1);
    expect(expectedLossB).toBeLessThan(results[i - 1]?.expectedLossB ?? 0);
  }
});

test("has credible intervals with the level's probability, half of the rest on each side", () => {
  fc.assert(
    fc.property(group, fc.double({ min: 0.01, max: 0.999, noNaN: true }), ({ n, conversions }, level) => {
      const { credibleB } = betaBinomial({ a: { n: 0, conversions: 0 }, b: { n, conversions }, level });
      const below = (x: number) => specialFunctions.beta_cdf({ x, a: conversions + 1, b: n - conversions + 1 });
      if (credibleB[1] < 0.99) {
        expectClose(below(credibleB[0])[0], (1 - level) / 2, 1e-7);
        expectClose(below(credibleB[1])[1], (1 - level) / 2, 1e-7);
      }
    }),
  );
});

test("starts from even chances and 95 % unless told otherwise", () => {
  const [a, b] = [
    { n: 10, conversions: 3 },
    { n: 12, conversions: 5 },
  ];
  expect(betaBinomial({ a, b })).toEqual(betaBinomial({ a, b, prior: [1, 1], level: 0.95 }));
});

test("is never NaN, nor slow, from no devices at all to a million million", () => {
  const started = performance.now();
  fc.assert(
    fc.property(conversionsOf(1e12, 0), conversionsOf(1e12, 0), prior, (a, b, shapes) => {
      const result = betaBinomial({ a, b, prior: shapes });
      expectComputed(result);
      for (const chance of [result.chanceABeatsB, result.chanceBBeatsA]) {
        expect(chance).toBeGreaterThanOrEqual(0);
        expect(chance).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 30 },
  );
  expect(performance.now() - started).toBeLessThan(25_000);
});

const fine = { n: 10, conversions: 3 };

test.each<[BetaBinomialInput, string]>([
  [{ a: { n: 1, conversions: 2 }, b: fine }, "a.conversions is 2"],
  [{ a: fine, b: { n: Number.NaN, conversions: 0 } }, "b.n is NaN"],
  [{ a: fine, b: fine, prior: [0, 1] }, "prior[0] is 0"],
  [{ a: fine, b: fine, prior: [1, Infinity] }, "prior[1] is Infinity"],
  [{ a: fine, b: fine, level: 1 }, "level is 1"],
])("refuses %j", (input, message) => {
  expect(() => betaBinomial(input)).toThrow(RangeError);
  expect(() => betaBinomial(input)).toThrow(message);
});

/**
 * P(rate B > rate A) for whole shapes: Σ B(αA + i, βA + βB) / ((βB + i) B(1 + i, βB) B(αA, βA)).
 */
function miller(alphaA: number, betaA: number, alphaB: number, betaB: number): number {
  let term = 1;
  for (let j = 0; j < betaB; j++) term *= (betaA + j) / (alphaA + betaA + j);
  let sum = 0;
  for (let i = 0; i < alphaB; i++) {
    sum += term;
    term *= ((alphaA + i) / (alphaA + i + betaA + betaB)) * ((betaB + i) / (i + 1));
  }
  return sum;
}
