import { type Goal, goalName, roleOf } from "../goal.ts";
import type { EpochTally } from "../tally.ts";
import { type Bounds, finite } from "./bounds.ts";
import { looksAt } from "./compare.ts";
import type { ReportContext } from "./context.ts";
import { goalTallyOf, unusableOf } from "./goal-report.ts";
import { changeWords, percentWords } from "./number-words.ts";

/** Whether a group harms a goal that must not get worse, by sequential evidence. */
export interface Guardrail {
  readonly goal: string;
  readonly label: string;
  readonly group: string;
  readonly control: string;
  /** Largest acceptable harm, as a share of the control's level; default 0. */
  readonly margin: number;
  /**
   * `harmed`: significantly worse, and not significantly within the margin. `safe`: significantly
   * within the margin. `open`: neither yet. `none`: nothing can be computed.
   */
  readonly state: "harmed" | "safe" | "open" | "none";
  /** Harm relative to the control, above 0 if the group is worse; null if there is no lift. */
  readonly harm: number | null;
  /** Sequential interval, at the level shared by all guardrails and groups. */
  readonly harmInterval: Bounds | null;
  /** A sentence for people. */
  readonly text: string;
}

/**
 * Tests non-inferiority sequentially on the current counts: guardrails are watched before, at and
 * after the planned look. Harm is claimed at alpha divided by all guardrails and groups, since any
 * one of them raises an alarm; safety at alpha, since it requires all of them.
 */
export function guardrails(counted: EpochTally | null, context: ReportContext): Guardrail[] {
  const { experiment } = context;
  const guarded = experiment.goals
    .map((goal, place) => ({ goal, place }))
    .filter(({ goal, place }) => roleOf(goal, place) === "guardrail");
  const others = experiment.groups.filter(({ name }) => name !== experiment.control);
  const many = Math.max(1, guarded.length * others.length);
  return guarded.flatMap(({ goal, place }) =>
    others.map(({ name }) => guardrail(goal, place, name, many, counted, context)),
  );
}

function guardrail(
  goal: Goal,
  place: number,
  group: string,
  many: number,
  counted: EpochTally | null,
  context: ReportContext,
): Guardrail {
  const { experiment, alpha, isTrusted } = context;
  const { control, groups } = experiment;
  const of = (name: string) => goalTallyOf(counted, name, goal, place);
  const { isBlocked } = unusableOf(
    goal,
    groups.map(({ name }) => of(name)),
  );
  const blocked = !isTrusted ? "untrusted" : isBlocked ? "unusable_values" : null;
  const looks = looksAt(goal, control, of(control), group, of(group), context, blocked);
  const { lift } = looks.estimate;
  const [shared, own] = [looks.live(alpha / many).liftInterval, looks.live(alpha).liftInterval];
  const sign = goal.better === "down" ? 1 : -1;
  const harmOf = (bounds: Bounds | null): Bounds | null =>
    bounds && (sign > 0 ? bounds : [minus(bounds[1]), minus(bounds[0])]);
  const margin = goal.margin ?? 0;
  const harmInterval = harmOf(shared);
  const maxHarm = harmOf(own)?.[1] ?? null;
  const state =
    own === null || shared === null
      ? "none"
      : maxHarm !== null && (maxHarm < margin || (margin === 0 && maxHarm <= 0))
        ? "safe"
        : (harmInterval?.[0] ?? 0) > 0
          ? "harmed"
          : "open";
  const harm = lift === null ? null : finite(sign * lift);
  const known = {
    goal: goalName(goal),
    label: goal.label ?? goalName(goal),
    group,
    control,
    margin,
    state,
    harm,
  } as const;
  return { ...known, harmInterval, text: textOf({ ...known, harmInterval }, goal) };
}

function minus(end: number | null): number | null {
  return end === null ? null : 0 - end;
}

function textOf(found: Omit<Guardrail, "text">, { better = "up" }: Goal): string {
  const { label, group, control, margin, state, harmInterval } = found;
  const change = (harm: number) => changeWords(better === "down" ? harm : -harm);
  const acceptable = margin === 0 ? "" : ` A change for the worse of up to ${percentWords(margin)} is acceptable.`;
  switch (state) {
    case "harmed": {
      const [min, max] = harmInterval ?? [null, null];
      const range =
        min === null ? "" : max === null ? `, by at least ${change(min)}` : `, by ${change(min)} to ${change(max)}`;
      return `${group} harms “${label}”${range}.${acceptable}`;
    }
    case "safe":
      return margin === 0
        ? `${group} does not harm “${label}”.`
        : `${group} does not harm “${label}” by more than the acceptable ${percentWords(margin)}.`;
    case "open":
      return `It is not yet shown that ${group} does not harm “${label}”.${acceptable}`;
    case "none":
      return `Nothing can be said yet of what ${group} does to “${label}” compared with ${control}.`;
  }
}
