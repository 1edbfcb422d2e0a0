import fc from "fast-check";
import { expect, test } from "vitest";
import { type PowerInput, power } from "../../../core/statistics/index.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_8, numRuns: 500 });

test.each(goldenRows<PowerInput>("power.json"))("%s", (_, { input, expected }) => {
  expectGolden(power(input), expected);
});

const rate = fc.integer({ min: 0, max: 1000 }).map((i) => i / 1000);
const alpha = fc.double({ min: 1e-9, max: 0.2, noNaN: true });
const wanted = fc.double({ min: 0.5, max: 0.999, noNaN: true });
const devices = fc.integer({ min: 1, max: 1e6 });

test("finds with the wanted power what it planned for, and just that", () => {
  fc.assert(
    fc.property(rate, rate, alpha, wanted, (baseline, rateB, level, chance) => {
      const difference = rateB - baseline;
      const size = power({ kind: "sampleSizeProportion", baseline, difference, alpha: level, power: chance, ratio: 1 });
      fc.pre(size.nA !== null && size.nB !== null && size.nA > 50);
      const { nA, nB } = { nA: size.nA ?? 0, nB: size.nB ?? 0 };
      const reached = power({ kind: "powerProportion", baseline, difference, alpha: level, nA, nB }).power ?? 0;
      const before = power({ kind: "powerProportion", baseline, difference, alpha: level, nA: nA - 1, nB: nB - 1 });
      expect(reached).toBeGreaterThanOrEqual(chance * (1 - 1e-12));
      expect(before.power).toBeLessThan(chance + level); // one-sided plan, two-sided power: up to the other tail
    }),
  );
});

test("has exactly the wanted power at the smallest detectable difference", () => {
  fc.assert(
    fc.property(rate, alpha, wanted, devices, (baseline, level, chance, n) => {
      const design = { baseline, alpha: level, nA: n, nB: n };
      const { mde, status } = power({ kind: "mdeProportion", ...design, power: chance });
      if (mde === null) expect(status).toBe("not_reachable");
      else if (mde < 1 - baseline) {
        expectClose(power({ kind: "powerProportion", ...design, difference: mde }).power, chance, 1e-6);
      }
    }),
  );
});

test("does not care which group is called A", () => {
  fc.assert(
    fc.property(rate, rate, alpha, devices, devices, (baseline, rateB, level, nA, nB) => {
      const one = power({ kind: "powerProportion", baseline, difference: rateB - baseline, alpha: level, nA, nB });
      const other = power({
        kind: "powerProportion",
        baseline: rateB,
        difference: baseline - rateB,
        alpha: level,
        nA: nB,
        nB: nA,
      });
      expectGolden(other, one, 1e-8);
    }),
  );
});

test("has power alpha at no difference, and no sample size for it", () => {
  const at = power({ kind: "powerProportion", baseline: 0.1, difference: 0, alpha: 0.05, nA: 300, nB: 700 });
  expectClose(at.power, 0.05, 1e-12);
  const none = { status: "no_effect", nAExact: null, nA: null, nB: null };
  const plan = { difference: 0, alpha: 0.05, power: 0.8, ratio: 1 };
  expect(power({ kind: "sampleSizeProportion", baseline: 0.1, ...plan })).toEqual({ ...none, nAUnpooledExact: null });
  expect(power({ kind: "sampleSizeMean", sdA: 1, sdB: 1, ...plan })).toEqual({ ...none, powerAtN: null });
});

test("asks for one device when that already has more power than wanted", () => {
  const uneven = { baseline: 0.01, difference: 0.49, alpha: 0.05, power: 0.1, ratio: 1e-3 };
  expect(power({ kind: "sampleSizeProportion", ...uneven })).toMatchObject({ nAExact: 0, nA: 1, nB: 1 });
});

test("says so when there is no variance, or no room for an increase", () => {
  const groups = { alpha: 0.05, nA: 10, nB: 10 };
  expect(power({ kind: "powerProportion", baseline: 0, difference: 0, ...groups })).toEqual({
    status: "no_variance",
    power: null,
  });
  expect(power({ kind: "powerProportion", baseline: 0, difference: 1, ...groups }).power).toBe(1);
  expect(power({ kind: "mdeProportion", baseline: 1, power: 0.8, ...groups }).status).toBe("not_reachable");
  expect(power({ kind: "mdeProportion", baseline: 0, power: 0.8, ...groups }).mdeRelative).toBeNull();
  const still = { kind: "sampleSizeMean", sdA: 0, sdB: 0, difference: 1, alpha: 0.05, power: 0.8, ratio: 1 } as const;
  expect(power(still).status).toBe("no_variance");
});

test("is never NaN", () => {
  const ratio = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  const anyChance = fc.double({ min: 0.21, max: 1 - 2 ** -53, noNaN: true });
  const sd = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e300, noNaN: true }));
  const difference = fc.oneof(fc.constant(0), fc.double({ min: -1e300, max: 1e300, noNaN: true }));
  fc.assert(
    fc.property(rate, rate, alpha, anyChance, ratio, devices, devices, (baseline, rateB, level, chance, r, nA, nB) => {
      const shared = { baseline, difference: rateB - baseline, alpha: level, power: chance, ratio: r, nA, nB };
      expectComputed(power({ kind: "sampleSizeProportion", ...shared }));
      expectComputed(power({ kind: "powerProportion", ...shared }));
      expectComputed(power({ kind: "mdeProportion", ...shared }));
    }),
  );
  fc.assert(
    fc.property(sd, sd, difference, alpha, anyChance, ratio, (sdA, sdB, shift, level, chance, r) => {
      expectComputed(
        power({ kind: "sampleSizeMean", sdA, sdB, difference: shift, alpha: level, power: chance, ratio: r }),
      );
    }),
  );
});

const plan = {
  kind: "sampleSizeProportion",
  baseline: 0.1,
  difference: 0.01,
  alpha: 0.05,
  power: 0.8,
  ratio: 1,
} as const;
const test2 = { kind: "powerProportion", baseline: 0.1, difference: 0.01, alpha: 0.05, nA: 10, nB: 10 } as const;

test.each<[PowerInput, string]>([
  [{ ...plan, baseline: -0.1 }, "baseline is -0.1"],
  [{ ...plan, difference: 0.95 }, "baseline + difference is 1.05"],
  [{ ...plan, difference: Number.NaN }, "baseline + difference is NaN"],
  [{ ...plan, alpha: 0 }, "alpha is 0"],
  [{ ...plan, power: 1 }, "power is 1"],
  [{ ...plan, power: 0.01 }, "power is 0.01: allowed are numbers above 0.05 and below 1"],
  [{ ...plan, ratio: 0 }, "ratio is 0"],
  [{ ...test2, nA: 0 }, "nA is 0"],
  [{ ...test2, nB: 1.5 }, "nB is 1.5"],
  [{ ...plan, kind: "sampleSizeMean", sdA: -1, sdB: 1 }, "sdA is -1"],
  [{ ...plan, kind: "sampleSizeMean", sdA: 1, sdB: Infinity }, "sdB is Infinity"],
  [{ ...plan, kind: "postHoc" } as never, "kind is postHoc"],
])("refuses %j", (input, message) => {
  expect(() => power(input)).toThrow(RangeError);
  expect(() => power(input)).toThrow(message);
});
