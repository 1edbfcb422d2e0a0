import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RatioMetricInput, type RatioSample, ratioMetric, welch } from "../../../core/statistics/index.ts";
import { expectClose, expectComputed, expectGolden, goldenRows } from "./golden.ts";

fc.configureGlobal({ seed: 20_12, numRuns: 500 });

test.each(goldenRows<RatioMetricInput>("delta_ratio.json"))("%s", (_, { input, expected }) => {
  expectGolden(ratioMetric(input), expected);
});

/** Clicks and views of devices. */
const devices = fc.array(
  fc.record({ views: fc.integer({ min: 1, max: 20 }), clicks: fc.integer({ min: 0, max: 20 }) }),
  { minLength: 2, maxLength: 30 },
);
type Devices = { views: number; clicks: number }[];
const sample = (group: Devices) => ({
  numerators: group.map(({ clicks }) => clicks),
  denominators: group.map(({ views }) => views),
});
const compare = (a: RatioSample, b: RatioSample, alpha = 0.05) => ratioMetric({ kind: "ratio", a, b, alpha });
const excludes0 = ([lower, upper]: readonly [number, number]) => lower > 0 || upper < 0;

describe("a ratio", () => {
  test("is the mean when every device has one view, with the standard error of Welch's test", () => {
    fc.assert(
      fc.property(devices, devices, (a, b) => {
        const [ones, others] = [a, b].map((group) => group.map(({ clicks }) => ({ clicks, views: 1 })));
        const result = compare(sample(ones ?? []), sample(others ?? []));
        const means = welch({
          a: { values: a.map(({ clicks }) => clicks) },
          b: { values: b.map(({ clicks }) => clicks) },
          alpha: 0.05,
        });
        expectGolden([result.ratioA, result.ratioB], [means.meanA, means.meanB], 1e-12);
        if (means.standardError && result.z !== null) expectGolden(result.z, means.t, 1e-9);
      }),
    );
  });

  test("is the same from the devices and from their moments", () => {
    fc.assert(
      fc.property(devices, devices, (a, b) => {
        const result = compare(sample(a), sample(b));
        const fromMoments = compare(moments(a), moments(b));
        fc.pre(result.status === "ok" && (result.varRatioA ?? 0) > 1e-9 && (result.varRatioB ?? 0) > 1e-9);
        expectGolden(fromMoments.varRatioA, result.varRatioA, 1e-6);
        expectGolden(fromMoments.pValue, result.pValue, 1e-6);
      }),
    );
  });

  test("counts a device once: each device twice makes the variance half, each view twice does not", () => {
    fc.assert(
      fc.property(devices, devices, (a, b) => {
        const plain = compare(sample(a), sample(b));
        fc.pre(plain.status === "ok");
        const twice = compare(sample([...a, ...a]), sample([...b, ...b]));
        expectGolden(twice.varRatioA, ((plain.varRatioA ?? 0) / 2) * ((a.length - 1) / (a.length - 0.5)), 1e-9);
        const doubled = (group: Devices) =>
          group.map(({ clicks, views }) => ({ clicks: 2 * clicks, views: 2 * views }));
        expectGolden(compare(sample(doubled(a)), sample(doubled(b))), plain, 1e-9);
      }),
    );
  });

  test("changes with the units, but z, p and lift do not", () => {
    fc.assert(
      fc.property(devices, devices, fc.constantFrom(2 ** -100, 0.5, 1024, 2 ** 100), (a, b, times) => {
        const scaled = (group: Devices) => ({
          ...sample(group),
          numerators: group.map(({ clicks }) => clicks * times),
        });
        const [plain, other] = [compare(sample(a), sample(b)), compare(scaled(a), scaled(b))];
        for (const field of ["status", "z", "log10P", "lift", "liftFieller", "fiellerG"] as const) {
          expectGolden(other[field], plain[field], 1e-9, field);
        }
      }),
    );
  });

  test("changes its sign when the groups trade places", () => {
    fc.assert(
      fc.property(devices, devices, (a, b) => {
        const [one, other] = [compare(sample(a), sample(b)), compare(sample(b), sample(a))];
        expectGolden(other.pValue, one.pValue, 1e-12);
        expectGolden(other.ciLower, one.ciUpper === null ? null : 0 - one.ciUpper, 1e-12);
      }),
    );
  });

  test("has no variance when every device has the same ratio, though multiplying rounds", () => {
    const tenth = { numerators: [0.1, 0.3, 0.7], denominators: [1, 3, 7] };
    expect(compare(tenth, tenth)).toMatchObject({ status: "no_variance", pValue: 1, z: 0, difference: 0 });
    const fifth = { numerators: [0.2, 0.6], denominators: [1, 3] };
    expect(compare(tenth, fifth)).toMatchObject({ status: "zero_variance", pValue: null, z: null, ciLower: null });
  });

  test("says what is missing", () => {
    const fine = { numerators: [0, 1, 2], denominators: [1, 2, 2] };
    const one = { numerators: [1], denominators: [2] };
    expect(compare(one, fine)).toMatchObject({ status: "insufficient_data", ratioA: 0.5, pValue: null, lift: null });
    expect(compare({ numerators: [], denominators: [] }, fine)).toMatchObject({
      status: "insufficient_data",
      ratioA: null,
    });
    expect(compare({ numerators: [1, 2], denominators: [0, 0] }, fine)).toMatchObject({
      status: "no_denominator",
      difference: null,
      pValue: null,
      liftStatus: "insufficient_data",
    });
  });
});

describe("p, the difference's interval and Fieller's", () => {
  test("say the same", () => {
    fc.assert(
      fc.property(devices, devices, fc.double({ min: 1e-6, max: 0.9, noNaN: true }), (a, b, alpha) => {
        const { pValue, ciLower, ciUpper, liftFieller } = compare(sample(a), sample(b), alpha);
        fc.pre(pValue !== null && ciLower !== null && ciUpper !== null);
        const rejects = (pValue ?? 1) < alpha;
        expect(excludes0([ciLower ?? 0, ciUpper ?? 0])).toBe(rejects);
        if (liftFieller) expect(excludes0(liftFieller)).toBe(rejects);
      }),
    );
  });

  test("of a lift of means hold the lift, and widen as alpha falls", () => {
    const group = fc.record({
      n: fc.integer({ min: 2, max: 1e6 }),
      mean: fc.double({ min: -100, max: 100, noNaN: true }),
      variance: fc.double({ min: 0, max: 1e4, noNaN: true }),
    });
    fc.assert(
      fc.property(group, group, fc.double({ min: 1e-6, max: 0.9, noNaN: true }), (a, b, alpha) => {
        const result = ratioMetric({ kind: "mean", a, b, alpha });
        const wider = ratioMetric({ kind: "mean", a, b, alpha: alpha / 2 });
        fc.pre(result.lift !== null && Math.abs(result.lift) < 1e6);
        for (const name of ["liftDelta", "liftLog", "liftFieller"] as const) {
          const [interval, other] = [result[name], wider[name]];
          if (interval === null) continue;
          const rounding = 1e-9 * (1 + Math.abs(result.lift ?? 0));
          expect(interval[0]).toBeLessThanOrEqual((result.lift ?? 0) + rounding);
          expect(interval[1]).toBeGreaterThanOrEqual((result.lift ?? 0) - rounding);
          if (other === null) continue;
          expect(other[0]).toBeLessThanOrEqual(interval[0] + rounding);
          expect(other[1]).toBeGreaterThanOrEqual(interval[1] - rounding);
        }
      }),
    );
  });

  test("end, for Fieller, where the test of B = (1 + lift) A just rejects", () => {
    const [a, b] = [
      { n: 1000, mean: 1.2, variance: 9.5 },
      { n: 900, mean: 1.4, variance: 10.1 },
    ];
    const { liftFieller } = ratioMetric({ kind: "mean", a, b, alpha: 0.05 });
    for (const end of liftFieller ?? []) {
      const ratio = 1 + end;
      const z = (b.mean - ratio * a.mean) / Math.sqrt(b.variance / b.n + (ratio * ratio * a.variance) / a.n);
      expectClose(Math.abs(z), 1.959963984540054, 1e-12);
    }
    expect(liftFieller).toHaveLength(2);
  });
});

test("is never NaN", () => {
  const size = fc.oneof(
    fc.constant(0),
    fc.integer({ min: -3, max: 3 }),
    fc.double({ min: 1e-50, max: 1e50, noNaN: true }),
  );
  const pairs = fc.array(fc.tuple(size, size), { maxLength: 5 });
  const unzip = (group: [number, number][]) => ({
    numerators: group.map(([m]) => m),
    denominators: group.map(([, d]) => d),
  });
  fc.assert(fc.property(pairs, pairs, (a, b) => expectComputed(compare(unzip(a), unzip(b)))));
  const values = fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { maxLength: 5 });
  fc.assert(
    fc.property(values, values, (a, b) =>
      expectComputed(ratioMetric({ kind: "mean", a: { values: a }, b: { values: b }, alpha: 0.05 })),
    ),
  );
});

const fine = { numerators: [0, 1, 2], denominators: [1, 2, 2] };
const alsoFine = { n: 10, meanNumerator: 1, meanDenominator: 2, varNumerator: 1, varDenominator: 4, covariance: 1 };

test.each<[RatioMetricInput, string]>([
  [
    { kind: "ratio", a: { ...fine, denominators: [1, 2] }, b: fine, alpha: 0.05 },
    "a.denominators.length is 2: allowed are 3",
  ],
  [{ kind: "ratio", a: fine, b: { ...fine, numerators: [0, 1, Number.NaN] }, alpha: 0.05 }, "b.numerators[2] is NaN"],
  [{ kind: "ratio", a: fine, b: { ...fine, denominators: [0, 1, 1e60] }, alpha: 0.05 }, "b.denominators[2] is 1e+60"],
  [{ kind: "ratio", a: { ...alsoFine, covariance: 2.1 }, b: alsoFine, alpha: 0.05 }, "a.covariance is 2.1"],
  [{ kind: "ratio", a: { ...alsoFine, varNumerator: -1 }, b: alsoFine, alpha: 0.05 }, "a.varNumerator is -1"],
  [{ kind: "ratio", a: { ...alsoFine, n: 1.5 }, b: alsoFine, alpha: 0.05 }, "a.n is 1.5"],
  [{ kind: "mean", a: { values: [Infinity] }, b: { values: [] }, alpha: 0.05 }, "a.values[0] is Infinity"],
  [{ kind: "ratio", a: fine, b: fine, alpha: 1 }, "alpha is 1"],
  [{ kind: "median", a: fine, b: fine, alpha: 0.05 } as never, "kind is median: allowed are ratio and mean"],
])("refuses %j", (input, message) => {
  expect(() => ratioMetric(input)).toThrow(RangeError);
  expect(() => ratioMetric(input)).toThrow(message);
});

function moments(group: Devices): RatioSample {
  const n = group.length;
  const mean = (of: (device: Devices[number]) => number) => group.reduce((sum, device) => sum + of(device), 0) / n;
  const [clicks, views] = [mean(({ clicks }) => clicks), mean(({ views }) => views)];
  const product = (of: (device: Devices[number]) => number) => (mean(of) * n) / (n - 1);
  return {
    n,
    meanNumerator: clicks,
    meanDenominator: views,
    varNumerator: product((device) => (device.clicks - clicks) ** 2),
    varDenominator: product((device) => (device.views - views) ** 2),
    covariance: product((device) => (device.clicks - clicks) * (device.views - views)),
  };
}
