import fc from "fast-check";
import { expect, test } from "vitest";
import type { Goal } from "../../../core/goal.ts";
import { excludesZero } from "../../../core/report/bounds.ts";
import { type Report, report } from "../../../core/report/report.ts";
import type { EpochTally } from "../../../core/tally.ts";
import { countedOf, inputOf, type Row, totalsOf } from "./report-of.ts";

/** `npm run contradictions` takes 100,000. */
const RUNS = Number(process.env.CONTRADICTION_RUNS ?? 600);

const counts = fc
  .tuple(
    fc.oneof(fc.nat(30), fc.integer({ min: 30, max: 3000 }), fc.integer({ min: 3000, max: 200_000 })),
    fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(0, 1) },
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 1000 }).map((permille) => permille / 1000) },
    ),
  )
  .map(([n, share]) => [n, Math.round(n * share)] as const);

/** Groups of which all are near the first, so that some differ barely, and others by a split alarm. */
const tallies = fc.record({
  first: counts,
  others: fc.array(
    fc.record({
      size: fc.constantFrom(0.8, 0.99, 1, 1, 1, 1, 1, 1, 1.01),
      shift: fc.integer({ min: -400, max: 400 }).map((permille) => permille / 1000),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  better: fc.constantFrom("up", "down"),
  isFinished: fc.boolean(),
  isValue: fc.nat(9).map((n) => n === 0),
});

test("no report has words, p-values and intervals that contradict each other", () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(tallies, ({ first: [n, x], others, better, isFinished, isValue }) => {
      const rate = n === 0 ? 0 : x / n;
      const rows: Row[] = [
        ["A", n, x],
        ...others.map(({ size, shift }, place): Row => {
          const devices = Math.round(n * size);
          const changed = Math.min(1, Math.max(0, rate * (1 + shift)));
          return ["BCDE"[place] ?? "", devices, Math.round(devices * changed)];
        }),
      ];
      const goals: Goal[] = [
        isValue
          ? { event: "one", kind: "value", better: better as "up" | "down" }
          : { event: "one", kind: "binary", better: better as "up" | "down" },
      ];
      const input = inputOf(rows, { experiment: { goals } });
      const tally = isValue ? valued(rows, goals) : input.tally;
      const found = report({ ...input, tally, isFinished });
      kinds.add(found.verdict.kind);
      expectNoContradiction(found, isFinished);
    }),
    { numRuns: RUNS, seed: 20_261_128 },
  );
  expect([...kinds].sort()).toEqual(["better", "early", "unclear", "untrusted", "waiting", "worse"]);
}, 7_200_000);

/** Totals of a few devices each, in place of conversions. */
function valued(rows: readonly Row[], goals: readonly Goal[]): EpochTally {
  const few = rows.map(
    ([name, devices, conversions = 0]): Row => [name, Math.min(devices, 300), Math.min(conversions, 300)],
  );
  const counted = countedOf(few, goals);
  return {
    ...counted,
    groups: counted.groups.map((group, place) => {
      const [, devices, conversions = 0] = few[place] ?? ["", 0];
      const totals = Array.from({ length: devices }, (_, device) =>
        device < conversions ? 1 + ((device * 7 + place) % 23) ** 2 : 0,
      );
      return { ...group, goals: [totalsOf("one", totals)] };
    }),
  };
}

function expectNoContradiction({ verdict, goals, health, alpha, summary }: Report, isFinished: boolean): void {
  const [goal] = goals;
  for (const comparison of goal?.comparisons ?? []) {
    const { pValue, adjustedP, alwaysValid, difference, lift } = comparison;
    const looks = [
      { p: pValue, intervals: [comparison.differenceInterval, comparison.liftInterval] },
      { p: adjustedP, intervals: [comparison.adjustedDifferenceInterval, comparison.adjustedLiftInterval] },
      { p: alwaysValid?.pValue ?? null, intervals: [alwaysValid?.differenceInterval, alwaysValid?.liftInterval] },
      {
        p: alwaysValid?.adjustedP ?? null,
        intervals: [alwaysValid?.adjustedDifferenceInterval, alwaysValid?.adjustedLiftInterval],
      },
    ];
    for (const { p, intervals } of looks) {
      for (const interval of intervals) {
        if (!interval) continue;
        expect(p).not.toBeNull();
        expect(excludesZero(interval)).toBe((p ?? 1) < alpha);
        if (excludesZero(interval)) expect(Math.sign(interval[0] ?? interval[1] ?? 0)).toBe(Math.sign(difference ?? 0));
      }
    }
    for (const [estimate, interval] of [
      [difference, comparison.differenceInterval],
      [lift, comparison.liftInterval],
    ] as const) {
      if (estimate === null || !interval) continue;
      expect(interval[0] ?? Number.NEGATIVE_INFINITY).toBeLessThanOrEqual(estimate + 1e-9 * (1 + Math.abs(estimate)));
      expect(interval[1] ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(
        estimate - 1e-9 * (1 + Math.abs(estimate)),
      );
    }
    if (!health.trusted)
      expect([pValue, lift, difference, alwaysValid?.pValue ?? null]).toEqual([null, null, null, null]);
  }
  expect(verdict.kind === "untrusted").toBe(!health.trusted);
  const merit = goal?.better === "down" ? -1 : 1;
  const decided = goal?.comparisons.map((comparison) => {
    const p = (isFinished ? comparison.adjustedP : comparison.alwaysValid?.adjustedP) ?? 1;
    return { group: comparison.group, side: p < alpha ? merit * Math.sign(comparison.difference ?? 0) : 0 };
  });
  const own = decided?.find(({ group }) => group === verdict.group);
  if (verdict.kind === "better") expect(own?.side).toBe(1);
  if (verdict.kind === "worse") {
    expect(own?.side).toBe(-1);
    expect(decided?.some(({ side }) => side > 0)).toBe(false);
  }
  if (verdict.kind === "unclear" || verdict.kind === "early")
    expect(decided?.every(({ side }) => side === 0)).toBe(true);
  for (const cell of summary) {
    const side = decided?.find(({ group }) => group === cell.group)?.side;
    expect({ better: 1, worse: -1 }[cell.verdict as string] ?? 0).toBe(verdict.kind === "waiting" ? side : (side ?? 0));
  }
  // A sentence's p and interval are on the same side of alpha and 0 as the verdict.
  const said = /\(p = ([\d.e-]+)[,)]/.exec(verdict.text)?.[1];
  if (said !== undefined && isFinished)
    expect(Number(said) < alpha).toBe(verdict.kind === "better" || verdict.kind === "worse");
}
