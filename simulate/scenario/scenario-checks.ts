import { binomialExact, independence, sampleRatioMismatch, wilson } from "../../core/statistics/index.ts";
import { normalQuantile, normalTail } from "../../core/statistics/normal.ts";
import type { Test } from "../checks/check.ts";
import type { IndependenceReport } from "../checks/independence.ts";
import type { SplitReport } from "../checks/split.ts";
import type { Scenario } from "./scenario.ts";
import type { GoalTruth, GroupTruth, Truth } from "./truth.ts";

/** An effect as the run's counts show it, beside the true one. */
export interface EffectReport {
  readonly experiment: string;
  readonly group: string;
  readonly control: string;
  readonly goal: string;
  /** Relative to the control; 0.2 is +20 %. */
  readonly expected: number;
  readonly found: number | null;
  /** 95 % interval of `found`. */
  readonly ci: readonly [number, number] | null;
  readonly p: number | null;
}

/** Conversions below which the normal distribution says nothing about a mean. */
const MIN_CONVERTED = { binary: 30, count: 50, value: 200 } as const;

/** Tests the units per group of each experiment against its weights. */
export function scenarioSplits(scenario: Scenario, truth: Truth): { experiments: SplitReport[]; tests: Test[] } {
  const tests: Test[] = [];
  const experiments = Object.entries(scenario.experiments).map(([key, { groups }]): SplitReport => {
    const counts = Object.keys(groups).map((name) => truth.groups.get(key)?.get(name)?.units ?? 0);
    const weights = Object.values(groups);
    const n = sum(counts);
    const total = sum(weights);
    for (const [place, name] of Object.keys(groups).entries()) {
      // With two groups, the second count follows from the first.
      if (counts.length === 2 && place === 1) continue;
      const share = (weights[place] ?? 0) / total;
      const p = n === 0 ? null : binomialExact({ k: counts[place] ?? 0, n, p: share }).pTwoSided;
      tests.push({ check: "split", what: `${key} ${name}`, p });
    }
    const { chi2, df, pValue } = sampleRatioMismatch({ counts, weights });
    return {
      key,
      epoch: 1,
      state: "active",
      groups: Object.keys(groups).map((name, place) => ({
        name,
        weight: weights[place] ?? 0,
        expected: (weights[place] ?? 0) / total,
        seen: counts[place] ?? 0,
        share: n === 0 ? 0 : (counts[place] ?? 0) / n,
        ci: wilson({ conversions: counts[place] ?? 0, n, alpha: 0.05 }),
      })),
      split: { chi2, df, p: pValue },
    };
  });
  return { experiments, tests };
}

/** Tests whether the groups of a device in two experiments depend on each other, for every pair. */
export function scenarioIndependences(
  scenario: Scenario,
  truth: Truth,
): { pairs: IndependenceReport[]; tests: Test[] } {
  const keys = Object.entries(scenario.experiments).flatMap(([key, { unit }]) => (unit === "device" ? [key] : []));
  const pairs = keys.flatMap((a, place) =>
    keys.slice(place + 1).map((b): IndependenceReport => {
      const [rows, columns] = [a, b].map((key) => Object.entries(scenario.experiments[key]?.groups ?? {}));
      const cells = truth.pairs.get(JSON.stringify([a, b])) ?? new Map<string, number>();
      const table = (rows ?? []).map(([groupOfA]) =>
        (columns ?? []).map(([groupOfB]) => cells.get(JSON.stringify([groupOfA, groupOfB])) ?? 0),
      );
      const n = sum(table.flat());
      const result = independence({ table });
      const shareOf = (entries: [string, number][] | undefined, place: number) =>
        (entries?.[place]?.[1] ?? 0) / sum((entries ?? []).map(([, weight]) => weight));
      return {
        a,
        b,
        cells: table.flatMap((row, i) =>
          row.map((count, j) => ({
            a: rows?.[i]?.[0] ?? "",
            b: columns?.[j]?.[0] ?? "",
            share: n === 0 ? 0 : count / n,
            expected: shareOf(rows, i) * shareOf(columns, j),
          })),
        ),
        chi2: result.chi2,
        df: result.df,
        p: result.status === "ok" ? result.pValue : (result.fisherP ?? null),
      };
    }),
  );
  return { pairs, tests: pairs.map(({ a, b, p }) => ({ check: "independence", what: `${a}/${b}`, p })) };
}

/**
 * Compares what each group did, relative to its control, with the scenario's effects: those that
 * are there are found, and where there is none, none is found.
 */
export function scenarioEffects(scenario: Scenario, truth: Truth): { effects: EffectReport[]; tests: Test[] } {
  const effects = Object.entries(scenario.experiments).flatMap(([experiment, { groups }]) => {
    const [control = "", ...others] = Object.keys(groups);
    return others.flatMap((group) =>
      Object.keys(scenario.goals).map((goal): EffectReport => {
        const liftOf = (name: string) =>
          scenario.effects.find(
            (effect) => effect.experiment === experiment && effect.group === name && effect.goal === goal,
          )?.lift ?? 0;
        const ratio = (1 + liftOf(group)) / (1 + liftOf(control));
        const counts = truth.groups.get(experiment);
        const compared = compare(scenario, goal, counts?.get(control), counts?.get(group), ratio);
        return { experiment, group, control, goal, expected: ratio - 1, ...compared };
      }),
    );
  });
  const tests = effects.map(({ experiment, group, goal, p }): Test => {
    return { check: "effects", what: `${experiment} ${group} ${goal}`, p };
  });
  return { effects, tests };
}

function compare(
  scenario: Scenario,
  goal: string,
  control: GroupTruth | undefined,
  group: GroupTruth | undefined,
  ratio: number,
): Pick<EffectReport, "found" | "ci" | "p"> {
  const kind = scenario.goals[goal]?.kind ?? "binary";
  const [base, other] = [control, group].map((counts) => momentsOf(kind, counts, goal));
  const isEnough = [control, group].every((counts) => (counts?.goals.get(goal)?.converted ?? 0) >= MIN_CONVERTED[kind]);
  if (!base || !other || !isEnough || base.mean <= 0) return { found: null, ci: null, p: null };
  const spread = Math.sqrt(other.variance / other.n + ratio ** 2 * (base.variance / base.n));
  const difference = other.mean - ratio * base.mean;
  // Without variance every unit did the same.
  const p = spread > 0 ? 2 * normalTail(Math.abs(difference / spread)).p : Math.abs(difference) < 1e-9 ? 1 : 0;
  const found = other.mean / base.mean;
  // Delta method on the logarithm of the ratio.
  const error = Math.sqrt(other.variance / other.n / other.mean ** 2 + base.variance / base.n / base.mean ** 2);
  const reach = normalQuantile(0.025) * error;
  return {
    found: found - 1,
    ci: [found * Math.exp(-reach) - 1, found * Math.exp(reach) - 1],
    p,
  };
}

function momentsOf(kind: "binary" | "count" | "value", counts: GroupTruth | undefined, goal: string) {
  const n = counts?.units ?? 0;
  if (n === 0) return null;
  const sums: GoalTruth = counts?.goals.get(goal) ?? { converted: 0, events: 0, cents: 0, squares: 0 };
  const total = kind === "binary" ? sums.converted : kind === "count" ? sums.events : sums.cents;
  const squares = kind === "binary" ? sums.converted : sums.squares;
  const mean = total / n;
  return { n, mean, variance: squares / n - mean ** 2 };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
