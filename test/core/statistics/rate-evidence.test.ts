import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AlwaysValidInput,
  alwaysValid,
  type Conversions,
  twoProportions,
} from "../../../core/statistics/index.ts";

const rates = (a: Conversions, b: Conversions, { weights = [1, 1] as const, alpha = 0.05, tuningN = 5000 } = {}) =>
  alwaysValid({ kind: "rates", a, b, weights, alpha, tuningN });
const of = (n: number, conversions: number) => ({ n, conversions });

/** The minimum of conversions that is five standard errors above the control. */
function fiveErrorsAbove(a: Conversions): Conversions {
  for (let conversions = a.conversions; conversions <= a.n; conversions++) {
    if ((twoProportions({ a, b: of(a.n, conversions), alpha: 0.05 }).pooled.z ?? 0) >= 5) return of(a.n, conversions);
  }
  throw new Error("no such rate");
}

describe("two rates at any look", () => {
  test.each([
    0.02, 0.05, 0.1, 0.3, 0.5, 0.8, 0.9, 0.95, 0.98,
  ])("five standard errors apart have p of at most 2e-4: a base rate of %d in 2 × 20,000", (base) => {
    const a = of(20_000, 20_000 * base);
    const b = fiveErrorsAbove(a);
    expect(rates(a, b).pValue).toBeLessThanOrEqual(2e-4);
    expect(rates(b, a).pValue).toBeLessThanOrEqual(2e-4);
  });

  test("90 % and 93 % of 2 × 10,000 differ", () => {
    const { pValue, differenceInterval, liftInterval } = rates(of(10_000, 9000), of(10_000, 9300));
    expect(pValue).toBeLessThan(1e-10);
    expect(differenceInterval?.[0]).toBeGreaterThan(0.01);
    expect(liftInterval?.[0]).toBeGreaterThan(0.01);
  });

  test.each([
    [450, 450, 550, 550],
    [450, 0, 550, 0],
    [440, 220, 560, 280],
    [4400, 44, 5600, 56],
  ])("that are the same are no evidence, however the devices are split: %d/%d and %d/%d", (nA, a, nB, b) => {
    expect(rates(of(nA, a), of(nB, b)).pValue).toBe(1);
  });

  test("have intervals that hold 0 exactly when p is not below alpha, and point to the higher rate", () => {
    const counts = fc
      .tuple(fc.oneof(fc.nat(60), fc.nat(3000), fc.nat(1e7)), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([n, share]) => of(n, Math.round(n * share)));
    const near = fc.tuple(counts, fc.double({ min: 0.5, max: 2, noNaN: true }), fc.double({ min: -0.05, max: 0.05 }));
    const splits = fc.constantFrom([1, 1] as const, [9, 1] as const, null);
    fc.assert(
      fc.property(near, splits, fc.constantFrom(0.05, 0.01, 0.2), ([a, size, change], weights, alpha) => {
        const n = Math.round(a.n * size);
        const share = Math.min(1, Math.max(0, (a.n === 0 ? 0 : a.conversions / a.n) + (change || 0)));
        const b = of(n, Math.round(n * share));
        const { status, pValue, differenceInterval, liftInterval } = alwaysValid({
          kind: "rates",
          a,
          b,
          weights,
          alpha,
          tuningN: 5000,
        });
        if (status !== "ok" || pValue === null) return;
        const side = Math.sign(b.conversions * a.n - a.conversions * b.n);
        for (const interval of [differenceInterval, liftInterval]) {
          if (interval === null) continue;
          const [lower, upper] = interval;
          expect(lower > 0 ? 1 : upper < 0 ? -1 : 0).toBe(pValue < alpha ? side : 0);
        }
        const lift = a.conversions === 0 ? null : b.conversions / b.n / (a.conversions / a.n) - 1;
        if (liftInterval && lift !== null) {
          expect(liftInterval[0]).toBeLessThanOrEqual(lift + 1e-9);
          expect(liftInterval[1]).toBeGreaterThanOrEqual(lift - 1e-9);
        }
      }),
      { numRuns: 2000, seed: 20_261_128 },
    );
  });

  test("trade places with the groups, and conversions with their absence", () => {
    const [a, b] = [of(5000, 800), of(4800, 910)];
    const others = ({ n, conversions }: Conversions) => of(n, n - conversions);
    const { pValue } = rates(a, b);
    expect(rates(b, a).pValue).toBeCloseTo(pValue ?? Number.NaN, 14);
    expect(rates(others(a), others(b)).pValue).toBeCloseTo(pValue ?? Number.NaN, 14);
  });

  test("without weights wait for 40 of each group that converted and 40 that did not", () => {
    const status = (a: Conversions, b: Conversions) =>
      alwaysValid({ kind: "rates", a, b, weights: null, alpha: 0.05, tuningN: 5000 }).status;
    expect(status(of(100, 40), of(100, 60))).toBe("ok");
    expect(status(of(100, 39), of(100, 60))).toBe("too_few");
    expect(status(of(100, 40), of(100, 61))).toBe("too_few");
    expect(status(of(0, 0), of(100, 61))).toBe("no_data");
  });

  test.each([
    [{ a: of(1, 2) }, "a.conversions is 2"],
    [{ b: of(-1, 0) }, "b.n is -1"],
    [{ weights: [0, 1] }, "weights[0] is 0"],
    [{ alpha: 0 }, "alpha is 0"],
    [{ tuningN: 0.5 }, "tuningN is 0.5"],
  ])("are not made of %j", (change, message) => {
    const input = { kind: "rates", a: of(10, 1), b: of(10, 1), weights: [1, 1], alpha: 0.05, tuningN: 10, ...change };
    expect(() => alwaysValid(input as unknown as AlwaysValidInput)).toThrow(message);
  });
});
