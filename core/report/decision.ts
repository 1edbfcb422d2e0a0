import type { Comparison } from "./comparison.ts";
import type { ReportContext } from "./context.ts";
import type { GoalReport } from "./goal-report.ts";
import type { Guardrail } from "./guardrails.ts";
import type { Health } from "./health.ts";
import { decidingOf, sideOf } from "./pair-numbers.ts";
import type { Progress } from "./progress.ts";

export type VerdictKind = "waiting" | "early" | "unclear" | "ahead" | "better" | "worse" | "untrusted";

/** The decision behind a verdict's words. */
export interface Decision {
  readonly kind: VerdictKind;
  /**
   * The group that is better, worse or ahead; null for other kinds. For `ahead` it may be the
   * control.
   */
  readonly group: string | null;
  /**
   * `fixed_horizon`: the plan's single test, at the planned number of devices. `always_valid`:
   * sequential evidence. Null if nothing was tested.
   */
  readonly basis: "fixed_horizon" | "always_valid" | null;
  /** The comparison that the words describe; null without one. */
  readonly subject: Comparison | null;
  /** Other comparisons as significant as the subject. */
  readonly others: readonly Comparison[];
}

export interface Judged {
  readonly health: Health;
  readonly progress: Progress;
  /** The primary goal. */
  readonly goal: GoalReport;
  readonly guardrails: readonly Guardrail[];
  readonly context: ReportContext;
}

/**
 * Checks the split first. At the plan's single look, its test decides: better, worse or no clear
 * difference. Without a plan only sequential evidence can decide. Before the planned look that
 * evidence says no more than who is ahead, so that each experiment has one decision with error
 * alpha.
 */
export function decide({ health, goal, context, progress }: Judged): Decision {
  const { isFixed, plan, alpha } = context;
  const nothing = { group: null, basis: null, subject: null, others: [] };
  if (!health.trusted || goal.comparisons.some(({ status }) => status === "unusable_values")) {
    return { ...nothing, kind: "untrusted" };
  }
  const isSeen = (isControl: boolean) =>
    goal.groups.some(
      (row) =>
        row.isControl === isControl && (progress.groups.find(({ group }) => group === row.group)?.devices ?? 0) > 0,
    );
  if (!isSeen(true) || !isSeen(false)) return { ...nothing, kind: "waiting" };
  if (goal.groups.every(({ devices }) => devices === 0)) return { ...nothing, kind: "early" };

  const basis = isFixed ? "fixed_horizon" : "always_valid";
  /** 1 for better, −1 for worse. */
  const merit = (comparison: Comparison) => sideOf(comparison, isFixed, alpha) * (goal.better === "up" ? 1 : -1);
  const gain = ({ difference }: Comparison) => (difference ?? 0) * (goal.better === "up" ? 1 : -1);
  const better = goal.comparisons.filter((one) => merit(one) > 0).sort((a, b) => gain(b) - gain(a));
  const worse = goal.comparisons.filter((one) => merit(one) < 0).sort((a, b) => gain(a) - gain(b));
  const [subject, ...others] = [...better, ...worse];
  if (!subject) {
    const pOf = (one: Comparison) => decidingOf(one, isFixed).pValue ?? 2;
    const raw = (one: Comparison) => (isFixed ? one.pValue : (one.alwaysValid?.pValue ?? null)) ?? 2;
    const leastP = [...goal.comparisons].sort((a, b) => pOf(a) - pOf(b) || raw(a) - raw(b))[0] ?? null;
    const isTested = goal.comparisons.some(({ status }) => status !== "too_skewed");
    return { ...nothing, kind: isFixed && isTested ? "unclear" : "early", basis, subject: leastP };
  }
  const isBetter = better.length > 0;
  const found = { basis, subject, others } as const;
  if (plan !== null && !isFixed) return { ...found, kind: "ahead", group: isBetter ? subject.group : subject.control };
  return { ...found, kind: isBetter ? "better" : "worse", group: subject.group };
}
