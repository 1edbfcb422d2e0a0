import { excludesZero } from "./bounds.ts";
import type { Comparison } from "./comparison.ts";
import type { ReportContext } from "./context.ts";
import type { GoalReport } from "./goal-report.ts";
import type { Health } from "./health.ts";
import type { Progress } from "./progress.ts";

export type VerdictKind = "waiting" | "early" | "unclear" | "ahead" | "better" | "worse" | "untrusted";

/** What is decided before it is worded. */
export interface Decision {
  readonly kind: VerdictKind;
  /** The group that is better, worse or ahead; null for other kinds. With `ahead` it may be the control. */
  readonly group: string | null;
  /**
   * `fixed_horizon`: the one test of the plan, at the number of devices planned. `always_valid`: evidence that holds at any
   * look. Null where nothing was tested.
   */
  readonly basis: "fixed_horizon" | "always_valid" | null;
  /** The comparison to tell of; null where there is none. */
  readonly subject: Comparison | null;
  /** Other comparisons that are as sure as the subject's. */
  readonly others: readonly Comparison[];
  /** Whether three or more groups as a whole do not differ, so that no two of them are compared. */
  readonly isClosed: boolean;
}

export interface Judged {
  readonly health: Health;
  readonly progress: Progress;
  /** The primary one. */
  readonly goal: GoalReport;
  readonly context: ReportContext;
}

/**
 * The split comes first. Then, at the plan's one look its test decides: better, worse or no clear difference. Without a plan
 * only evidence that holds at any look can. Before the look of a plan that evidence says who is ahead and no more, so that
 * each experiment has one decision and its error is alpha.
 */
export function decide({ health, goal, context }: Judged): Decision {
  const { isFixed, plan, alpha } = context;
  const nothing = { group: null, basis: null, subject: null, others: [], isClosed: false };
  if (!health.trusted) return { ...nothing, kind: "untrusted" };
  const isSeen = (isControl: boolean) =>
    goal.groups.some((group) => group.isControl === isControl && group.devices > 0);
  if (!isSeen(true) || !isSeen(false)) return { ...nothing, kind: "waiting" };

  const basis = isFixed ? "fixed_horizon" : "always_valid";
  const isClosed = isFixed && goal.omnibus?.status === "ok" && (goal.omnibus.pValue ?? 0) >= alpha;
  const sure = isClosed ? [] : goal.comparisons.filter((comparison) => (decidingP(comparison, isFixed) ?? 1) < alpha);
  const better = sure
    .filter((comparison) => sideOf(comparison, isFixed) > 0)
    .sort(byDifference)
    .reverse();
  const worse = sure.filter((comparison) => sideOf(comparison, isFixed) < 0).sort(byDifference);
  const [subject, ...others] = [...better, ...worse];
  if (!subject) {
    const leastP = [...goal.comparisons].sort((a, b) => (pOf(a, isFixed) ?? 1) - (pOf(b, isFixed) ?? 1))[0] ?? null;
    return { kind: isFixed ? "unclear" : "early", group: null, basis, subject: leastP, others: [], isClosed };
  }
  const isBetter = better.length > 0;
  const found = { basis, subject, others, isClosed } as const;
  if (plan !== null && !isFixed) return { ...found, kind: "ahead", group: isBetter ? subject.group : subject.control };
  return { ...found, kind: isBetter ? "better" : "worse", group: subject.group };
}

/** The p-value that decides, adjusted for how many groups there are. */
export function decidingP({ adjustedP, alwaysValid }: Comparison, isFixed: boolean): number | null {
  return isFixed ? adjustedP : (alwaysValid?.adjustedP ?? null);
}

function pOf({ pValue, alwaysValid }: Comparison, isFixed: boolean): number | null {
  return isFixed ? pValue : (alwaysValid?.pValue ?? null);
}

/** Above 0 when the group is better than the control. */
function sideOf({ difference, alwaysValid }: Comparison, isFixed: boolean): number {
  if (isFixed) return difference ?? 0;
  const interval = alwaysValid?.liftInterval ?? alwaysValid?.differenceInterval;
  return !interval || !excludesZero(interval) ? 0 : (interval[0] ?? -1) > 0 ? 1 : -1;
}

function byDifference(a: Comparison, b: Comparison): number {
  return (a.difference ?? 0) - (b.difference ?? 0);
}
