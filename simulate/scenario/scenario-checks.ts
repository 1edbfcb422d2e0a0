import { normalQuantile, normalTail } from "../../core/statistics/normal.ts";
import type { Test } from "../checks/check.ts";
import { type IndependenceReport, independenceTests, pairFromCells } from "../checks/independence.ts";
import { type SplitReport, splitOf } from "../checks/split.ts";
import type { Scenario } from "./scenario.ts";
import type { GroupTruth, Truth } from "./truth.ts";

/** Conversions and values of the units of a group for one goal. */
export interface GoalSums {
  readonly units: number;
  readonly converted: number;
  readonly events: number;
  readonly cents: number;
  /** Sum of squares of the units' totals: events of a count, cents of a value. */
  readonly squares: number;
}

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
  readonly kind: Kind;
  /** Sums of the control and of the group, by which shards are merged. */
  readonly sums: readonly [control: GoalSums, group: GoalSums];
}

type Kind = Scenario["goals"][string]["kind"];

/** Conversions below which the normal distribution says nothing about a mean. */
const MIN_CONVERTED = { binary: 30, count: 50, value: 200 } as const;

/** Tests the units per group of each experiment against its weights. */
export function scenarioSplits(scenario: Scenario, truth: Truth): { experiments: SplitReport[]; tests: Test[] } {
  const tests: Test[] = [];
  const experiments = Object.entries(scenario.experiments).map(([key, { groups }]): SplitReport => {
    const total = sum(Object.values(groups));
    const counted = Object.entries(groups).map(([name, weight]) => {
      return { name, weight, expected: weight / total, seen: truth.groups.get(key)?.get(name)?.units ?? 0 };
    });
    const split = splitOf(key, 1, "active", counted);
    tests.push(...split.tests);
    return split.report;
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
      const seen = truth.pairs.get(JSON.stringify([a, b])) ?? new Map<string, number>();
      const shareOf = (entries: [string, number][] | undefined, weight: number) =>
        weight / sum((entries ?? []).map(([, each]) => each));
      const cells = (rows ?? []).flatMap(([groupOfA, weightOfA]) =>
        (columns ?? []).map(([groupOfB, weightOfB]) => ({
          a: groupOfA,
          b: groupOfB,
          expected: shareOf(rows, weightOfA) * shareOf(columns, weightOfB),
          seen: seen.get(JSON.stringify([groupOfA, groupOfB])) ?? 0,
        })),
      );
      return pairFromCells(a, b, cells);
    }),
  );
  return { pairs, tests: independenceTests(pairs) };
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
        const expected = (1 + liftOf(group)) / (1 + liftOf(control)) - 1;
        const counts = truth.groups.get(experiment);
        const kind = scenario.goals[goal]?.kind ?? "binary";
        const sums = [sumsOf(counts?.get(control), goal), sumsOf(counts?.get(group), goal)] as const;
        return effectFromSums({ experiment, group, control, goal, expected, kind, sums });
      }),
    );
  });
  return { effects, tests: effectTests(effects) };
}

export function effectTests(effects: readonly EffectReport[]): Test[] {
  return effects.map(({ experiment, group, goal, p }) => {
    return { check: "effects", what: `${experiment} ${group} ${goal}`, p };
  });
}

/** Tests the sums of one effect. */
export function effectFromSums(effect: Omit<EffectReport, "found" | "ci" | "p">): EffectReport {
  return { ...effect, ...compare(effect.kind, effect.sums, 1 + effect.expected) };
}

function sumsOf(counts: GroupTruth | undefined, goal: string): GoalSums {
  const { converted = 0, events = 0, cents = 0, squares = 0 } = counts?.goals.get(goal) ?? {};
  return { units: counts?.units ?? 0, converted, events, cents, squares };
}

function compare(
  kind: Kind,
  sums: readonly [control: GoalSums, group: GoalSums],
  ratio: number,
): Pick<EffectReport, "found" | "ci" | "p"> {
  const [base, other] = sums.map((each) => momentsOf(kind, each));
  const isEnough = sums.every(({ converted }) => converted >= MIN_CONVERTED[kind]);
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

function momentsOf(kind: Kind, { units, converted, events, cents, squares }: GoalSums) {
  if (units === 0) return null;
  const total = kind === "binary" ? converted : kind === "count" ? events : cents;
  const mean = total / units;
  return { n: units, mean, variance: (kind === "binary" ? converted : squares) / units - mean ** 2 };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
