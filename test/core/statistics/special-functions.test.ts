import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { specialFunctions } from "../../../core/statistics/index.ts";
import { expectClose, golden } from "./golden.ts";

fc.configureGlobal({ seed: 20_1, numRuns: 300 });

const { norm_sf, norm_logsf, norm_isf, t_sf, t_isf, chi2_sf, beta_cdf, beta_quantile, hyper_sf } = specialFunctions;

interface Grids {
  readonly meta: { readonly columns: Readonly<Record<string, readonly string[]>> };
  readonly grids: Readonly<Record<string, readonly (readonly (number | readonly number[])[])[]>>;
}

const { meta, grids } = golden<Grids>("special_functions.json");
const functions = specialFunctions as unknown as Record<string, (input: object) => number | number[]>;

test.each(Object.entries(grids))("%s agrees with 60-digit arithmetic to 1e-11", (name, rows) => {
  const failures = rows.flatMap((row) => {
    const inputs = (meta.columns[name] ?? []).slice(0, -1).map((column, i) => [column, row[i]] as const);
    const input = Object.fromEntries(inputs) as Record<string, number>;
    const relative = (input.a ?? 0) + (input.b ?? 0) > 1e7 ? 1e-9 : 1e-11;
    const actual = [functions[name]?.(input)].flat();
    return [row.at(-1)]
      .flat()
      .flatMap((wanted, i) => failureOf(input, actual[i] as number, wanted as number, relative));
  });
  expect(rows.length).toBeGreaterThan(0);
  expect(failures).toEqual([]);
});

/** The point if two numbers differ; nothing if they agree. */
function failureOf(input: object, actual: number, wanted: number, relative: number): string[] {
  try {
    expectClose(actual, wanted, relative);
    return [];
  } catch (error) {
    return [`at ${JSON.stringify(input)}: ${(error as Error).message}`];
  }
}

test("every golden grid has a function and every function a golden grid", () => {
  expect(Object.keys(specialFunctions).sort()).toEqual(Object.keys(grids).sort());
});

const open = fc.double({ min: 1e-300, max: 1 - 2 ** -53, noNaN: true });
const shape = fc.double({ min: 0.5, max: 1e5, noNaN: true });
const df = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.double({ min: 1, max: 1e7, noNaN: true }));

describe("the normal distribution", () => {
  test("falls, and both sides add up to 1", () => {
    const z = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(z, z, (one, other) => {
        expect(norm_sf({ z: one }) + norm_sf({ z: -one })).toBeCloseTo(1, 15);
        expect(norm_sf({ z: Math.min(one, other) })).toBeGreaterThanOrEqual(norm_sf({ z: Math.max(one, other) }));
      }),
    );
  });

  test("meets itself where the series hands over to the continued fraction", () => {
    expectClose(norm_sf({ z: 2 - 2 ** -52 }), norm_sf({ z: 2 }), 1e-14);
  });

  test("has a logarithm far beyond the underflow", () => {
    expect(norm_sf({ z: 300 })).toBe(0);
    expectClose(norm_logsf({ z: 300 }), -45006.62273211867, 1e-14); // mpmath
  });

  test("is inverted by its quantile from 1e-300 to just below 1", () => {
    fc.assert(fc.property(open, (p) => expectClose(norm_sf({ z: norm_isf({ p }) }), p, 1e-11)));
  });
});

describe("Student's t distribution", () => {
  test("is the Cauchy distribution at one degree of freedom, as far out as numbers go", () => {
    for (const t of [1e-9, 0.3, 1, 7, 1e5, 1e99, 1e120, 1e200]) {
      expectClose(t_sf({ t, df: 1 }), Math.atan2(1, t) / Math.PI, 1e-13);
    }
  });

  test("falls, is symmetric, and is inverted by its quantile", () => {
    fc.assert(
      fc.property(open, df, fc.double({ min: 0, max: 1e3, noNaN: true }), (p, degrees, t) => {
        expectClose(t_sf({ t: t_isf({ p, df: degrees }), df: degrees }), p, 1e-9);
        expect(t_sf({ t, df: degrees }) + t_sf({ t: -t, df: degrees })).toBeCloseTo(1, 14);
        expect(t_sf({ t, df: degrees })).toBeGreaterThanOrEqual(t_sf({ t: t + 1, df: degrees }));
      }),
    );
  });
});

describe("the chi-square distribution", () => {
  test("is exp(−x/2) at two degrees of freedom and the square of a normal at one", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1200, noNaN: true }), (x) => {
        expectClose(chi2_sf({ x, df: 2 }), Math.exp(-x / 2), 1e-12);
        expectClose(chi2_sf({ x, df: 1 }), 2 * norm_sf({ z: Math.sqrt(x) }), 1e-11);
      }),
    );
  });

  test("is 1 at 0 and falls", () => {
    fc.assert(
      fc.property(df, fc.double({ min: 0, max: 3, noNaN: true }), (degrees, ratio) => {
        expect(chi2_sf({ x: 0, df: degrees })).toBe(1);
        const [near, far] = [
          chi2_sf({ x: ratio * degrees, df: degrees }),
          chi2_sf({ x: 1.1 * ratio * degrees, df: degrees }),
        ];
        expect(far).toBeLessThanOrEqual(near);
      }),
    );
  });
});

describe("the beta distribution", () => {
  test("has tails that add up to 1 and trade places when x, a, b turn around", () => {
    const sixteenths = fc.integer({ min: 0, max: 16 }).map((i) => i / 16); // 1 − x is exact
    fc.assert(
      fc.property(sixteenths, shape, shape, (x, a, b) => {
        const [lower, upper] = beta_cdf({ x, a, b });
        expect(lower + upper).toBeCloseTo(1, 14);
        expect(beta_cdf({ x: 1 - x, a: b, b: a })).toEqual([upper, lower]);
      }),
    );
  });

  test("rises with x", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, shape, shape, (x, y, a, b) => {
        const [low] = beta_cdf({ x: Math.min(x, y), a, b });
        const [high] = beta_cdf({ x: Math.max(x, y), a, b });
        expect(low).toBeLessThanOrEqual(high * (1 + 1e-13));
      }),
    );
  });

  test("is inverted by its quantile", () => {
    const percent = fc.integer({ min: 1, max: 99 }).map((i) => i / 100);
    fc.assert(
      fc.property(percent, shape, shape, (p, a, b) => {
        const x = beta_quantile({ p, a, b });
        if (x < 0.99) expectClose(beta_cdf({ x, a, b })[0], p, 1e-8); // nearer to 1, x itself has too few digits
      }),
    );
  });
});

describe("the hypergeometric distribution", () => {
  test("does not care which of the two samples is called drawn and which marked", () => {
    const count = fc.integer({ min: 0, max: 500 });
    fc.assert(
      fc.property(count, count, count, count, (N, K, n, k) => {
        fc.pre(K <= N && n <= N);
        expectClose(hyper_sf({ N, K, n, k }), hyper_sf({ N, K: n, n: K, k }), 1e-11);
      }),
      { numRuns: 200 },
    );
  });

  test("is 1 below its support and 0 above it", () => {
    expect(hyper_sf({ N: 10, K: 8, n: 7, k: 5 })).toBe(1);
    expect(hyper_sf({ N: 10, K: 8, n: 7, k: 8 })).toBe(0);
    expect(hyper_sf({ N: 0, K: 0, n: 0, k: 0 })).toBe(1);
  });
});

test.each<[string, () => unknown, string]>([
  ["a z that is not a number", () => norm_sf({ z: Number.NaN }), "z is NaN"],
  ["an infinite z", () => norm_logsf({ z: Infinity }), "z is Infinity"],
  ["a probability of 0", () => norm_isf({ p: 0 }), "p is 0"],
  ["a probability of 1", () => t_isf({ p: 1, df: 3 }), "p is 1"],
  ["no degrees of freedom", () => t_sf({ t: 1, df: 0 }), "df is 0"],
  ["a negative chi-square", () => chi2_sf({ x: -1, df: 1 }), "x is -1"],
  ["an x above 1", () => beta_cdf({ x: 1.5, a: 1, b: 1 }), "x is 1.5"],
  ["a shape of 0", () => beta_quantile({ p: 0.5, a: 0, b: 1 }), "a is 0"],
  ["more marked than there are", () => hyper_sf({ N: 5, K: 6, n: 1, k: 1 }), "K is 6"],
  ["half a draw", () => hyper_sf({ N: 5, K: 3, n: 0.5, k: 1 }), "n is 0.5"],
])("refuses %s", (_, call, message) => {
  expect(call).toThrow(RangeError);
  expect(call).toThrow(message);
});
