import { describe, expect, test } from "vitest";
import { permutationTest, rateIntervals, twoProportions } from "../../../core/statistics/index.ts";
import { binomialShares } from "./binomial-shares.ts";
import { type GoldenRow, golden } from "./golden.ts";

interface Design {
  readonly nA: number;
  readonly nB: number;
  readonly pA: number;
  readonly pB: number;
  readonly alpha: number;
}

const { rows } = golden<{ rows: GoldenRow<Design>[] }>("calibration_exact.json");

/** Leaves out practically impossible outcomes: together they are far below the tolerance. */
const NEVER = 1e-15;

describe("over every pair of outcomes, tests reject and intervals cover as often as they say", () => {
  test.each(rows.map((row) => [`${row.id} ${JSON.stringify(row.input)}`, row] as const))("%s", (_, row) => {
    const { nA, nB, pA, pB, alpha } = row.input;
    const [sharesA, sharesB] = [binomialShares(nA, pA), binomialShares(nB, pB)];
    const rates = { rejectPooledZ: 0, rejectPermutation: 0, rejectRule: 0, coverageNewcombe: 0 };
    for (const [x, shareA] of sharesA.entries()) {
      for (const [y, shareB] of sharesB.entries()) {
        const share = shareA * shareB;
        if (share < NEVER) continue;
        const [a, b] = [
          { n: nA, conversions: x },
          { n: nB, conversions: y },
        ];
        const { pooled } = twoProportions({ a, b, alpha });
        const byZ = (pooled.pValue ?? 1) < alpha;
        const byPermutation = (permutationTest({ kind: "binary", a, b }).pTwoSided ?? 1) < alpha;
        const isSmall = pooled.status === "small_counts" || pooled.status === "no_variance";
        const [lower, upper] = rateIntervals({ a, b, alpha }).newcombe ?? [1, -1];
        if (byZ) rates.rejectPooledZ += share;
        if (byPermutation) rates.rejectPermutation += share;
        if (isSmall ? byPermutation : byZ) rates.rejectRule += share;
        if (lower <= pB - pA && pB - pA <= upper) rates.coverageNewcombe += share;
      }
    }
    for (const [name, rate] of Object.entries(rates)) {
      expect(Math.abs(rate - (row.expected[name] as number)), `${name} is ${rate}`).toBeLessThan(1e-6);
    }
  });
});
