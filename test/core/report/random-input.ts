import fc from "fast-check";
import type { Goal } from "../../../core/goal.ts";
import { plannedOf } from "../../../core/plan.ts";
import type { ReportInput } from "../../../core/report/report.ts";
import type { Sums } from "../../../core/sums.ts";
import type { EpochTally, GoalTally } from "../../../core/tally.ts";
import { countedOf, inputOf, PLAN, type Row, totalsOf } from "./report-of.ts";

/** Parameters of a group's totals; all shares are 0 to 1 or a little more. */
interface Shape {
  readonly mean: number;
  /** Standard deviation over mean; 0 if all devices have the same value. */
  readonly spread: number;
  readonly skewness: number | null;
  /** Correlation with a ratio's denominator, or with the covariate. */
  readonly correlation: number;
}

const sizes = fc.oneof(fc.nat(30), fc.integer({ min: 30, max: 3000 }), fc.integer({ min: 3000, max: 200_000 }));
const rates = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(0, 1) },
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 1000 }).map((permille) => permille / 1000) },
);
const shapes: fc.Arbitrary<Shape> = fc.record({
  mean: fc.constantFrom(0, 1e-6, 0.5, 3, 80, 1e6, -4),
  spread: fc.constantFrom(0, 0.01, 0.4, 1, 5, 40),
  skewness: fc.constantFrom(null, 0, 0.5, -3, 12, 60),
  correlation: fc.constantFrom(-1, -0.3, 0, 0.5, 0.99, 1),
});

/** A goal of any kind; the first of an experiment is primary. */
const goals: fc.Arbitrary<Goal> = fc
  .record({
    kind: fc.constantFrom("binary" as const, "binary" as const, "value" as const, "count" as const, "ratio" as const),
    better: fc.constantFrom("up" as const, "down" as const),
    window: fc.constantFrom(null, null, "1d"),
    isGuardrail: fc.boolean(),
    margin: fc.constantFrom(0.01, 0.1, 1),
    cap: fc.constantFrom(null, 50),
    isAdjusted: fc.nat(4).map((n) => n === 0),
  })
  .map(({ kind, better, window, isGuardrail, margin, cap, isAdjusted }) => ({
    event: "one",
    kind,
    better,
    window,
    ...(isGuardrail && { role: "guardrail" as const, margin }),
    ...(kind === "value" && { cap }),
    ...(kind === "ratio" ? { ratio: { of: "count" as const, per: "session" as const } } : isAdjusted && { cuped: 7 }),
  }));

/** The way in which the report is looked at. */
export type Look = "live" | "finished" | "on the way" | "planned";

const scenarios = fc.record({
  first: sizes,
  rate: rates,
  shape: shapes,
  others: fc.array(
    fc.record({
      size: fc.constantFrom(0.8, 0.99, 1, 1, 1, 1, 1, 1, 1.01, 0.1),
      shift: fc.integer({ min: -400, max: 400 }).map((permille) => permille / 1000),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  goals: fc.array(goals, { minLength: 1, maxLength: 4 }),
  alpha: fc.constantFrom(0.05, 0.05, 0.1, 0.01, 1e-4),
  look: fc.constantFrom<Look>("live", "finished", "on the way", "planned"),
  pending: fc.constantFrom(0, 0.1, 0.9, 1),
  unusable: fc.constantFrom(0, 0, 0, 0.0005, 0.01),
  /**
   * True if the weights equal the observed split; otherwise they are equal, which may raise a split
   * alarm.
   */
  isAsWeighted: fc.boolean(),
});

type Scenario = typeof scenarios extends fc.Arbitrary<infer One> ? One : never;

/**
 * Report input with groups near the first one, so that some barely differ, and others raise a split
 * alarm.
 */
export const randomInput: fc.Arbitrary<{ input: ReportInput; look: Look }> = scenarios.map(inputOfScenario);

function inputOfScenario(scenario: Scenario): { input: ReportInput; look: Look } {
  const { first, rate, others, alpha, isAsWeighted } = scenario;
  const groups = [
    { name: "A", n: first, rate },
    ...others.map(({ size, shift }, place) => ({
      name: "BCDE"[place] ?? "",
      n: Math.round(first * size),
      rate: Math.min(1, Math.max(0, rate * (1 + shift))),
    })),
  ];
  const list = scenario.goals.map((goal, place): Goal => {
    const { role: _, margin: __, ...rest } = goal;
    return place === 0 ? rest : goal;
  });
  const rows = groups.map(({ name, n }): Row => [name, n]);
  const weights = groups.map(({ name, n }) => ({ name, weight: isAsWeighted ? Math.max(1, n) : 1 }));
  const counted = countedOf(rows, list);
  const tally: EpochTally = {
    ...counted,
    groups: counted.groups.map((group, place) => {
      const { n, rate: own } = groups[place] ?? { n: 0, rate: 0 };
      const shift = place === 0 ? 0 : (others[place - 1]?.shift ?? 0);
      return { ...group, goals: list.map((goal) => goalOf(goal, n, own, shift, scenario)) };
    }),
  };
  const input = inputOf(rows, { experiment: { goals: list, groups: weights }, tally });
  const mature = tally.groups.map(({ devices, goals: [goal] }) => devices - (goal?.pending ?? 0));
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const reached = Math.floor(Math.min(...mature.map((n, place) => (n * total) / (weights[place]?.weight ?? 1))));
  const look = isPlannable(reached) ? scenario.look : scenario.look === "finished" ? "finished" : "live";
  if (look === "live" || look === "finished") return { look, input: { ...input, isFinished: look === "finished" } };
  const plan = { ...PLAN, alpha, devices: look === "planned" ? reached : 2 * reached + 2 };
  const planned = { ...input, experiment: { ...input.experiment, plan } };
  // Rounding up may require one device more than a group has.
  const isReached = plannedOf(plan, weights).every(({ devices }, place) => (mature[place] ?? 0) >= devices);
  return isReached
    ? { look: "planned", input: { ...planned, frozen: tally, reachedAt: input.asOf } }
    : { look: "on the way", input: planned };
}

const isPlannable = (reached: number) => reached >= 2;

function goalOf(goal: Goal, devices: number, rate: number, shift: number, scenario: Scenario): GoalTally {
  const pending = goal.window == null ? 0 : Math.round(devices * scenario.pending);
  const n = devices - pending;
  const conversions = Math.round(n * rate);
  const { shape } = scenario;
  const nothing = { n, sum: 0n, sumSquares: 0n, sample: [] };
  const common = { event: "one", pending, unusableValues: 0 };
  if (goal.kind === "binary") {
    const ones = BigInt(conversions);
    const before = goal.cuped == null ? {} : { cuped: covariate(n, conversions, conversions, shape) };
    const counts = { n, sum: ones, sumSquares: ones, sample: null };
    return { ...common, ...before, devices: conversions, events: conversions, counts, values: nothing };
  }
  if (n <= 300 && goal.kind !== "ratio" && goal.cuped == null) return { ...told(goal, n, conversions, shift), pending };
  const sums = sumsOf(n, shape.mean * (1 + shift), shape, goal.kind === "value" ? 1e6 : 1);
  const capped = { capped: { limit: 10n ** 15n, units: 0 } };
  const own = { ...common, devices: conversions, events: conversions };
  if (goal.kind === "ratio") {
    const { numerator, denominator, numeratorSquares, denominatorSquares, product } = pairOf(n, shift, shape);
    const ratio = {
      n,
      numerator,
      denominator,
      numeratorSquares,
      denominatorSquares,
      product,
      skewness: shape.skewness,
    };
    return { ...own, counts: nothing, values: nothing, ratio };
  }
  const before = goal.cuped == null ? {} : { cuped: covariate(n, Number(sums.sum), Number(sums.sumSquares), shape) };
  return goal.kind === "count"
    ? { ...own, ...before, counts: sums, values: nothing }
    : {
        ...own,
        ...before,
        ...capped,
        unusableValues: Math.round(conversions * scenario.unusable),
        counts: nothing,
        values: sums,
      };
}

/** Individual totals of few devices. */
function told(goal: Goal, n: number, conversions: number, shift: number): GoalTally {
  const totals = Array.from({ length: n }, (_, device) =>
    device < conversions ? Math.round(1 + ((device * 7 + Math.round(9 * shift)) % 23) ** 2) : 0,
  );
  const found = totalsOf("one", totals);
  const units = (sums: Sums): Sums => ({
    ...sums,
    sum: sums.sum / 1_000_000n,
    sumSquares: sums.sumSquares / 10n ** 12n,
    sample: sums.sample?.map((total) => total / 1_000_000n) ?? null,
  });
  return goal.kind === "count" ? { ...found, counts: units(found.values) } : found;
}

/** Whole sums of n totals with about that mean and spread. */
function sumsOf(n: number, mean: number, { spread, skewness }: Shape, unit: number): Sums {
  const sum = BigInt(Math.round(n * mean * unit));
  const least = n === 0 ? 0n : (sum * sum + BigInt(n) - 1n) / BigInt(n);
  const variance = (mean * spread * unit) ** 2;
  const more = n === 0 ? 0n : BigInt(Math.round(variance)) * BigInt(Math.max(0, n - 1));
  return { n, sum, sumSquares: least + more, skewness, sample: null };
}

function pairOf(n: number, shift: number, shape: Shape) {
  const x = sumsOf(n, 4, { ...shape, spread: 0.5 }, 1);
  const y = sumsOf(n, Math.round(100 * shape.mean * (1 + shift)) / 100, shape, 1);
  return {
    numerator: y.sum,
    denominator: x.sum,
    numeratorSquares: y.sumSquares,
    denominatorSquares: x.sumSquares,
    product: productOf(n, x, y, shape.correlation),
  };
}

function covariate(n: number, sum: number, sumSquares: number, shape: Shape) {
  const x = sumsOf(n, 2, { ...shape, spread: 0.7 }, 1);
  const y = { sum: BigInt(Math.round(sum)), sumSquares: BigInt(Math.round(sumSquares)) };
  return { n, sum: x.sum, sumSquares: x.sumSquares, product: productOf(n, x, y, shape.correlation) };
}

/** Sum of products that gives about that correlation. */
function productOf(
  n: number,
  x: { sum: bigint; sumSquares: bigint },
  y: { sum: bigint; sumSquares: bigint },
  correlation: number,
): bigint {
  if (n === 0) return 0n;
  const spreadOf = ({ sum, sumSquares }: typeof x) => Math.max(0, Number(sumSquares) - Number(sum) ** 2 / n);
  const covariance = correlation * 0.999 * Math.sqrt(spreadOf(x)) * Math.sqrt(spreadOf(y));
  return (x.sum * y.sum) / BigInt(n) + BigInt(Math.round(covariance));
}
