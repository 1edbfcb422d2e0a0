import fc from "fast-check";
import { expect, test } from "vitest";
import { plotScale } from "../../../../server/admin/results/plot-scale.ts";

test("an axis has room for its values and round ones to read it by", () => {
  const { at, ticks } = plotScale([0, 0.073, 0.42, 0.84], 8);
  expect(ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  expect(at(0)).toBeCloseTo((100 * 0.08) / 1.16, 9);
  expect(at(0.84)).toBeCloseTo((100 * 1.08) / 1.16, 9);
});

test("one value, and a value many times, are on an axis too", () => {
  for (const values of [[0], [0.3], [-2, -2], [0, 0, 0]]) {
    const { at, ticks } = plotScale(values, 4);
    expect(at(values[0] as number)).toBeGreaterThan(0);
    expect(at(values[0] as number)).toBeLessThan(100);
    expect(ticks.length).toBeGreaterThan(0);
  }
});

test("whatever the values are, places are within the picture and in their order, and names are few", () => {
  const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), fc.integer({ min: 3, max: 10 }), (values, wanted) => {
      const { at, ticks } = plotScale(values, wanted);
      for (const place of [...values, ...ticks].map(at)) expect(place >= 0 && place <= 100).toBe(true);
      const sorted = [...values].sort((a, b) => a - b).map(at);
      expect(sorted).toEqual([...sorted].sort((a, b) => a - b));
      expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
      expect(ticks.length).toBeLessThanOrEqual(wanted + 1);
    }),
    { numRuns: 1000, seed: 1 },
  );
});
