import { exclusionWords } from "../exclusion-words.ts";
import type { Bounds } from "./bounds.ts";
import type { Comparison } from "./comparison.ts";
import type { GoalGroup, GoalReport } from "./goal-report.ts";
import type { Report } from "./report.ts";

export type Cell = string | number | boolean | null;

/** The source of a row: a group's result on a goal, and its comparison unless it is the control. */
interface Row {
  readonly report: Report;
  readonly goal: GoalReport;
  readonly group: GoalGroup;
  readonly comparison: Comparison | null;
}

const lower = (bounds: Bounds | null | undefined) => bounds?.[0] ?? null;
const upper = (bounds: Bounds | null | undefined) => bounds?.[1] ?? null;

/** Never rename; append new columns at the end, for readers that go by position. */
const COLUMNS: readonly (readonly [name: string, of: (row: Row) => Cell])[] = [
  ["experiment", ({ report }) => report.experiment.key],
  ["title", ({ report }) => report.experiment.title],
  ["epoch", ({ report }) => report.epoch],
  ["run", ({ report }) => report.run],
  ["from", ({ report }) => report.from],
  ["to", ({ report }) => report.to],
  ["as_of", ({ report }) => report.asOf],
  ["trusted", ({ report }) => report.health.trusted],
  ["verdict", ({ report }) => report.verdict.words],
  ["verdict_text", ({ report }) => report.verdict.text],
  ["goal", ({ goal }) => goal.event],
  ["goal_label", ({ goal }) => goal.label],
  ["goal_kind", ({ goal }) => goal.kind],
  ["primary", ({ goal }) => goal.primary],
  ["group", ({ group }) => group.group],
  ["control", ({ group }) => group.isControl],
  ["devices", ({ group }) => group.devices],
  ["conversions", ({ group }) => group.conversions],
  ["rate", ({ group }) => group.rate],
  ["rate_lower", ({ group }) => lower(group.rateInterval)],
  ["rate_upper", ({ group }) => upper(group.rateInterval)],
  ["events", ({ group }) => group.events],
  ["sum", ({ group }) => group.sum],
  ["mean", ({ group }) => group.mean],
  ["variance", ({ group }) => group.variance],
  ["status", ({ comparison }) => comparison?.status ?? null],
  ["difference", ({ comparison }) => comparison?.difference ?? null],
  ["difference_lower", ({ comparison }) => lower(comparison?.differenceInterval)],
  ["difference_upper", ({ comparison }) => upper(comparison?.differenceInterval)],
  ["lift", ({ comparison }) => comparison?.lift ?? null],
  ["lift_lower", ({ comparison }) => lower(comparison?.liftInterval)],
  ["lift_upper", ({ comparison }) => upper(comparison?.liftInterval)],
  ["test", ({ comparison }) => comparison?.test ?? null],
  ["p", ({ comparison }) => comparison?.pValue ?? null],
  ["log10_p", ({ comparison }) => comparison?.log10P ?? null],
  ["adjusted_p", ({ comparison }) => comparison?.adjustedP ?? null],
  ["adjustment", ({ goal, comparison }) => (comparison === null ? null : goal.adjustment)],
  ["always_valid_p", ({ comparison }) => comparison?.alwaysValid?.pValue ?? null],
  ["always_valid_adjusted_p", ({ comparison }) => comparison?.alwaysValid?.adjustedP ?? null],
  ["always_valid_lift_lower", ({ comparison }) => lower(comparison?.alwaysValid?.liftInterval)],
  ["always_valid_lift_upper", ({ comparison }) => upper(comparison?.alwaysValid?.liftInterval)],
  ["always_valid_difference_lower", ({ comparison }) => lower(comparison?.alwaysValid?.differenceInterval)],
  ["always_valid_difference_upper", ({ comparison }) => upper(comparison?.alwaysValid?.differenceInterval)],
  ["chance_to_beat_control", ({ comparison }) => comparison?.chanceToBeatControl ?? null],
  ["alpha", ({ report }) => report.alpha],
  ["split_p", ({ report }) => report.health.split.pValue],
  ["formulas_version", ({ report }) => report.formulas.version],
  ["unit", ({ report }) => report.health.countedUnit],
  ["exposures_without_unit", ({ report }) => report.health.withoutUnit],
  ["split_accounts", ({ report }) => report.health.splitAccounts],
  ["left_out", ({ report }) => report.health.exclusions.map(exclusionWords).join("; ") || null],
];

export const REPORT_COLUMNS: readonly string[] = COLUMNS.map(([name]) => name);

/**
 * A report as a table with a row per goal and group, in the order of `REPORT_COLUMNS`; null for a
 * missing number.
 */
export function reportRows(report: Report): Cell[][] {
  return report.goals.flatMap((goal) =>
    goal.groups.map((group) => {
      const comparison = goal.comparisons.find((other) => other.group === group.group) ?? null;
      return COLUMNS.map(([, of]) => of({ report, goal, group, comparison }));
    }),
  );
}
