import type { Bounds } from "./bounds.ts";
import type { Comparison } from "./comparison.ts";
import type { ReportContext } from "./context.ts";
import type { GoalReport } from "./goal-report.ts";
import type { Guardrail } from "./guardrails.ts";
import { decidingOf, sideOf } from "./pair-numbers.ts";

/** One goal and group: the deciding numbers, adjusted for the number of comparisons. */
export interface SummaryCell {
  readonly goal: string;
  readonly label: string;
  readonly role: GoalReport["role"];
  readonly group: string;
  /** Direction of the observed difference from the control, regardless of significance. */
  readonly arrow: "up" | "down" | "level" | null;
  readonly lift: number | null;
  readonly liftInterval: Bounds | null;
  readonly difference: number | null;
  readonly differenceInterval: Bounds | null;
  /** Whether to show the difference instead of the lift, as for a control at or below 0. */
  readonly showsDifference: boolean;
  readonly pValue: number | null;
  readonly basis: "fixed_horizon" | "always_valid";
  /** At most two words, such as “better”; for a guardrail its state. */
  readonly verdict:
    | "better"
    | "worse"
    | "no clear difference"
    | "too early"
    | "harmed"
    | "safe"
    | "not yet safe"
    | "none";
}

/** The cells of all goals × groups, in the order of the report. */
export function summary(
  goals: readonly GoalReport[],
  guardrails: readonly Guardrail[],
  { isFixed, alpha }: ReportContext,
): SummaryCell[] {
  const guarded = goals.filter(({ role }) => role === "guardrail");
  return goals.flatMap((goal) =>
    goal.comparisons.map((comparison) => {
      const { pValue, liftInterval, differenceInterval, basis } = decidingOf(comparison, isFixed);
      const { group, lift, difference, liftStatus } = comparison;
      // Match by index: two goals may share a name.
      const guardrail = guardrails.filter((one) => one.group === group)[guarded.indexOf(goal)];
      return {
        goal: goal.event,
        label: goal.label,
        role: goal.role,
        group,
        arrow: difference === null ? null : difference > 0 ? "up" : difference < 0 ? "down" : "level",
        lift,
        liftInterval,
        difference,
        differenceInterval,
        showsDifference: liftStatus !== "ok",
        pValue,
        basis,
        verdict: guardrail ? GUARDRAIL_WORDS[guardrail.state] : wordOf(goal, comparison, isFixed, alpha),
      } as const;
    }),
  );
}

const GUARDRAIL_WORDS = { harmed: "harmed", safe: "safe", open: "not yet safe", none: "none" } as const;

function wordOf(goal: GoalReport, comparison: Comparison, isFixed: boolean, alpha: number): SummaryCell["verdict"] {
  const side = sideOf(comparison, isFixed, alpha);
  if (side !== 0) return side > 0 === (goal.better === "up") ? "better" : "worse";
  const { status } = decidingOf(comparison, isFixed);
  if (status === "untrusted" || status === "unusable_values" || status === "no_data") return "none";
  return isFixed && status !== "too_skewed" ? "no clear difference" : "too early";
}
