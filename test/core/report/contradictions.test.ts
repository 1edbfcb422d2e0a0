import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bounds, excludesZero } from "../../../core/report/bounds.ts";
import type { Comparison } from "../../../core/report/comparison.ts";
import type { GoalReport } from "../../../core/report/goal-report.ts";
import { type Report, report } from "../../../core/report/report.ts";
import { type Look, randomInput } from "./random-input.ts";

/** `npm run contradictions` takes 100,000. */
const RUNS = Number(process.env.CONTRADICTION_RUNS ?? 400);

test("no report has words, p-values and intervals that contradict each other", () => {
  const kinds = new Set<string>();
  const states = new Set<string>();
  fc.assert(
    fc.property(randomInput, ({ input, look }) => {
      const found = report(input);
      kinds.add(found.verdict.kind);
      for (const { state } of found.guardrails) states.add(state);
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
      expectNoContradiction(found, look);
    }),
    { numRuns: RUNS, seed: 20_261_128 },
  );
  expect([...kinds].sort()).toEqual(["ahead", "better", "early", "unclear", "untrusted", "waiting", "worse"]);
  expect([...states].sort()).toEqual(["harmed", "none", "open", "safe"]);
}, 7_200_000);

function expectNoContradiction(found: Report, look: Look): void {
  const { verdict, goals, health, alpha, summary, guardrails } = found;
  const isFixed = look === "finished" || look === "planned";
  expect(summary).toHaveLength(goals.length * (found.groups.length - 1));
  for (const [place, goal] of goals.entries()) {
    for (const comparison of goal.comparisons) expectAgreement(comparison, health.trusted, alpha);
    for (const [other, { group, side }] of sidesOf(goal, isFixed, alpha).entries()) {
      const cell = summary[place * goal.comparisons.length + other];
      expect([cell?.group, cell?.role]).toEqual([group, goal.role]);
      if (goal.role !== "guardrail") {
        expect({ better: 1, worse: -1 }[cell?.verdict as string] ?? 0).toBe(side);
        continue;
      }
      const guarded = goals.filter(({ role }) => role === "guardrail").indexOf(goal);
      const { state } = guardrails.filter((one) => one.group === group)[guarded] ?? {};
      expect(cell?.verdict).toBe(state === "open" ? "not yet safe" : state);
    }
  }
  expectVerdict(found, sidesOf(goals[0] as GoalReport, isFixed, alpha), look);
  for (const { state, harmInterval, margin, text, group } of guardrails) {
    expect(harmInterval !== null && (harmInterval[0] ?? 0) > 0 && state !== "safe").toBe(state === "harmed");
    if (state === "safe" && harmInterval) expect(harmInterval[0] ?? Number.NEGATIVE_INFINITY).toBeLessThan(margin);
    expect(text.startsWith(`${group} harms`)).toBe(state === "harmed");
    if (!health.trusted) expect(state).toBe("none");
  }
  const isHarmed = guardrails.some(({ state }) => state === "harmed");
  expect(verdict.words.includes(" harms ")).toBe(isHarmed && verdict.kind !== "untrusted");
}

/** The p-values and intervals of each look agree, and hold the estimate. */
function expectAgreement(comparison: Comparison, isTrusted: boolean, alpha: number): void {
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
    if (p !== null) expect(p >= 0 && p <= 1).toBe(true);
    for (const interval of intervals) {
      if (!interval) continue;
      expect(p).not.toBeNull();
      expect(excludesZero(interval)).toBe((p ?? 1) < alpha);
      if (excludesZero(interval)) expect(Math.sign(interval[0] ?? interval[1] ?? 0)).toBe(Math.sign(difference ?? 0));
    }
  }
  expectInside(difference, comparison.differenceInterval);
  expectInside(lift, comparison.liftInterval);
  if (!isTrusted) expect([pValue, lift, difference, alwaysValid?.pValue ?? null]).toEqual([null, null, null, null]);
  if (comparison.status !== "ok" && comparison.status !== "no_variance") expect(pValue).toBeNull();
}

function expectInside(estimate: number | null, interval: Bounds | null): void {
  if (estimate === null || !interval) return;
  const slack = 1e-9 * (1 + Math.abs(estimate));
  expect(interval[0] ?? Number.NEGATIVE_INFINITY).toBeLessThanOrEqual(estimate + slack);
  expect(interval[1] ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(estimate - slack);
}

/** By group: 1 if significantly better, −1 if worse, by the deciding adjusted p. */
function sidesOf({ comparisons, better }: GoalReport, isFixed: boolean, alpha: number) {
  const merit = better === "down" ? -1 : 1;
  return comparisons.map(({ group, adjustedP, alwaysValid, difference }) => {
    const p = (isFixed ? adjustedP : alwaysValid?.adjustedP) ?? 1;
    return { group, side: p < alpha ? merit * Math.sign(difference ?? 0) : 0 };
  });
}

/** The headline follows from the sides, and its sentence from both. */
function expectVerdict(
  { verdict, goals, health, alpha, control }: Report,
  sides: readonly { readonly group: string; readonly side: number }[],
  look: Look,
): void {
  const { kind, group, text } = verdict;
  const isBlocked = goals[0]?.comparisons.some(({ status }) => status === "unusable_values") ?? false;
  expect(kind === "untrusted").toBe(!health.trusted || isBlocked);
  if (kind === "untrusted" || kind === "waiting") return;
  const best = Math.max(...sides.map(({ side }) => side));
  const isSure = sides.some(({ side }) => side !== 0);
  expect(isSure).toBe(kind === "better" || kind === "worse" || kind === "ahead");
  if (kind === "ahead") {
    expect(look).toBe("on the way");
    expect(group === control ? -1 : sides.find((side) => side.group === group)?.side).toBe(group === control ? -1 : 1);
    expect(group === control).toBe(best < 1);
  }
  if (kind === "better" || kind === "worse") {
    expect(look).not.toBe("on the way");
    expect(sides.find((side) => side.group === group)?.side).toBe(kind === "better" ? 1 : -1);
    expect(best > 0).toBe(kind === "better");
  }
  if (kind === "unclear") expect(look === "finished" || look === "planned").toBe(true);
  // The p and the interval of the sentence agree with the verdict on alpha and 0.
  const p = /\((?:sequential )?p ([=<]) ([\d.e-]+)/.exec(text);
  if (p) expect(p[1] === "<" ? true : Number(p[2]) < alpha).toBe(isSure);
  const ends = /is likely between (\S+(?: \S+ 0%)?) .*?and (\S+)/.exec(text);
  if (ends && !text.includes("just ")) {
    const [low = 0, high = 0] = ends.slice(1).map((end) => (end.startsWith("−") ? -1 : end.startsWith("+") ? 1 : 0));
    expect(low === high && low !== 0).toBe(isSure);
  }
}
