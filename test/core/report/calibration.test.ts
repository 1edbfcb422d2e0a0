import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { band, type Check, mostOf } from "../../../bench/calibrate-band.ts";
import { delayedConversions } from "../../../bench/calibrate-delays.ts";
import { goalsOfAllKinds } from "../../../bench/calibrate-goals.ts";
import { peeking } from "../../../bench/calibrate-peeking.ts";
import { powerCurve } from "../../../bench/calibrate-power.ts";
import { ratesAtAnyLook } from "../../../bench/calibrate-rates.ts";
import { singleLooks } from "../../../bench/calibrate-single-looks.ts";
import { skewedRatios } from "../../../bench/calibrate-skewed-ratios.ts";
import { heavyTails } from "../../../bench/calibrate-tails.ts";
import { converted } from "../../../bench/calibrate-visitors.ts";
import { seededRandom } from "../../../core/statistics/seeded-random.ts";
import { decidedReport, reportOf } from "./report-of.ts";

// A short version of `npm run calibrate`, with the runs of a few seconds.

test("bands are those that 999 of 1,000 right calibrations are in", () => {
  // Computed independently in exact fractions.
  expect(band(10_000, 0.05)).toEqual([430, 573]);
  expect(band(10_000, 0.95)).toEqual([9427, 9570]);
  expect(band(2000, 0.05)).toEqual([69, 133]);
  expect(mostOf(2000, 0.05)).toBe(131);
});

describe("experiments without a difference", () => {
  test("are said to have one in at most 7 of 100, at the look that was planned", () => {
    const random = seededRandom(20_261_121);
    const kinds = Array.from({ length: 1000 }, () => {
      const rows = ["A", "B"].map((name) => [name, 3000, converted(random, 3000, 0.08)] as const);
      return decidedReport(rows).verdict.kind;
    });
    const claims = kinds.filter((kind) => kind === "better" || kind === "worse").length;
    expect(claims).toBeLessThanOrEqual(70);
    expect(claims).toBeGreaterThanOrEqual(29);
    expect(new Set(kinds)).toEqual(new Set(["better", "worse", "unclear"]));
  });

  test("are said to have one no more often when somebody looks after every ten visitors", () => {
    const runs = 60;
    let claims = 0;
    for (let run = 0; run < runs; run++) {
      const random = seededRandom(run);
      const [n, x] = [[0, 0] as [number, number], [0, 0] as [number, number]];
      for (let visitor = 1; visitor <= 1000; visitor++) {
        const group = random() < 0.5 ? 0 : 1;
        n[group] += 1;
        if (random() < 0.3) x[group] += 1;
        if (visitor % 10 !== 0) continue;
        const { kind } = reportOf([
          ["A", n[0], x[0]],
          ["B", n[1], x[1]],
        ]).verdict;
        if (kind !== "better" && kind !== "worse") continue;
        claims += 1;
        break;
      }
    }
    expect(claims).toBeLessThanOrEqual(mostOf(runs, 0.05));
  });
});

describe("a small part of the calibration keeps its promises:", () => {
  const broken = (checks: readonly Check[]) => checks.filter(({ ok }) => !ok);

  test("at one look", () => {
    expect(broken(singleLooks(400))).toEqual([]);
  });

  test("the power that was planned", () => {
    expect(broken(powerCurve(100))).toEqual([]);
  });

  test("of ratios, CUPED and guardrails, and of rates and heavy tails at any look", () => {
    expect(
      broken([...goalsOfAllKinds(100), ...ratesAtAnyLook(20, 2000), ...heavyTails(8, 2000), ...skewedRatios(8, 2000)]),
    ).toEqual([]);
  });

  test("of conversions that are delayed in one of the groups", () => {
    expect(broken(delayedConversions(20))).toEqual([]);
  });

  test("at any look, where the single-look test would not", () => {
    const checks = peeking(40, 4000);
    expect(broken(checks)).toEqual([]);
    const [crossed, runs] = (checks.at(-1)?.seen ?? "").split(" of ").map(Number);
    expect((crossed ?? 0) / (runs ?? 0)).toBeGreaterThan(0.2);
  });
});

test("the documents name every promise", () => {
  const figures = readFileSync(new URL("../../../docs/measured.md", import.meta.url), "utf8");
  for (const { what } of [
    ...singleLooks(1),
    ...powerCurve(1),
    ...goalsOfAllKinds(1),
    ...delayedConversions(1),
    ...ratesAtAnyLook(1, 20_000),
    ...heavyTails(1, 20_000),
    ...skewedRatios(1, 20_000),
    ...peeking(1, 100_000),
  ]) {
    expect(figures).toContain(`| ${what} | `);
  }
});
