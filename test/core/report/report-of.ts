import type { Goal } from "../../../core/goal.ts";
import type { Plan } from "../../../core/plan.ts";
import { type Report, type ReportInput, report } from "../../../core/report/report.ts";
import { addUp, type Sums } from "../../../core/sums.ts";
import type { EpochTally, GoalTally } from "../../../core/tally.ts";

/** A test's notation of a group: devices, and their conversions on each binary goal. */
export type Row = readonly [group: string, devices: number, ...conversions: readonly number[]];

const GOALS: readonly Goal[] = [{ event: "button_click", kind: "binary" }];

/** Counts of one epoch: all devices of one day. */
export function countedOf(rows: readonly Row[], goals: readonly Goal[] = GOALS): EpochTally {
  return {
    epoch: 1,
    groups: rows.map(([group, devices, ...conversions]) => ({
      group,
      devices,
      otherDays: 0,
      sessions: devices,
      exposures: devices,
      goals: goals.map((goal, place) => binary(goal.event ?? "", devices, conversions[place] ?? 0)),
    })),
    twoGroups: 0,
    firstAt: "2026-11-20T12:00:00.000Z",
    lastAt: "2026-11-21T12:00:00.000Z",
    days: [
      {
        day: "2026-11-20",
        groups: rows.map(([group, devices, ...converted]) => ({ group, devices, converted })),
      },
    ],
  };
}

function binary(event: string, n: number, conversions: number): GoalTally {
  const nothing: Sums = { n, sum: 0n, sumSquares: 0n, sample: [] };
  const ones = BigInt(conversions);
  const sample = conversions < 100 ? Array<bigint>(conversions).fill(1n) : null;
  return {
    event,
    devices: conversions,
    events: conversions,
    unusableValues: 0,
    counts: { n, sum: ones, sumSquares: ones, sample },
    values: nothing,
  };
}

/** A goal of which each device has a total; in millionths, as values are counted. */
export function totalsOf(event: string, totals: readonly number[]): GoalTally {
  const others = totals.filter((total) => total !== 0);
  return {
    event,
    devices: others.length,
    events: others.length,
    unusableValues: 0,
    counts: addUp(
      totals.length,
      others.map(() => 1n),
    ),
    values: addUp(
      totals.length,
      others.map((total) => BigInt(Math.round(total * 1e6))),
    ),
  };
}

export const PLAN: Plan = { devices: 7684, alpha: 0.05, power: 0.8, baseline: 0.1, lift: 0.2 };

type Change = Partial<Omit<ReportInput, "experiment">> & { readonly experiment?: Partial<ReportInput["experiment"]> };

/**
 * The input of a report of groups with equal weights, the first one the control; without a plan.
 */
export function inputOf(rows: readonly Row[], { experiment, ...change }: Change = {}): ReportInput {
  const goals = experiment?.goals ?? [...GOALS];
  return {
    experiment: {
      key: "headline_test",
      title: "Headline",
      state: "active",
      groups: rows.map(([name]) => ({ name, weight: 50 })),
      control: rows[0]?.[0] ?? "A",
      goals,
      allocations: [],
      plan: null,
      ...experiment,
    },
    epoch: 1,
    epochs: [1],
    run: null,
    tally: countedOf(rows, goals),
    frozen: null,
    reachedAt: null,
    asOf: "2026-11-21T12:00:00.000Z",
    leftOut: { bots: null, rejected: null },
    ...change,
  };
}

/** The report while visitors arrive, or without a plan. */
export function reportOf(rows: readonly Row[], change: Change = {}): Report {
  return report(inputOf(rows, change));
}

/** The report at the one look of a plan for exactly the devices present. */
export function decidedReport(rows: readonly Row[], change: Change = {}): Report {
  return report(decidedInput(rows, change));
}

/** The input of that report. */
export function decidedInput(rows: readonly Row[], change: Change = {}): ReportInput {
  const { tally, ...input } = inputOf(rows, change);
  const weightTotal = input.experiment.groups.reduce((sum, { weight }) => sum + weight, 0);
  // The number that each group has by its weight.
  const devices = Math.floor(
    Math.min(
      ...rows.flatMap(([name, count]) => {
        const weight = input.experiment.groups.find((group) => group.name === name)?.weight ?? 0;
        return weight === 0 ? [] : [(count * weightTotal) / weight];
      }),
    ),
  );
  return {
    ...input,
    experiment: { ...input.experiment, plan: { ...PLAN, devices: Math.max(2, devices), ...change.experiment?.plan } },
    tally,
    frozen: input.frozen ?? tally,
    reachedAt: input.reachedAt ?? "2026-11-21T11:00:00.000Z",
  };
}
