import { isDeepStrictEqual } from "node:util";
import type { Experiment } from "../../core/experiment.ts";
import { type Goal, goalName } from "../../core/goal.ts";
import type { NotedChange } from "../../core/report/verdict-notes.ts";
import type { Entry } from "../registry/history-entry.ts";

type Running = Pick<Experiment, "state" | "epoch" | "goals">;

/**
 * Windows and caps altered by a change of a running experiment: they apply to earlier events as
 * well, which readers of the results must know. None when the change began another epoch, or
 * altered no existing goal.
 */
export function goalChanges({ before, after, at }: Pick<Entry, "at"> & Sides): NotedChange[] {
  if (before?.state !== "active" || after?.state !== "active" || before.epoch !== after.epoch) return [];
  return after.goals.flatMap((goal) => {
    const was = before.goals.find((other) => isSameGoal(other, goal));
    if (!was) return [];
    const label = goal.label ?? goalName(goal);
    return (["window", "cap"] as const)
      .filter((field) => !isDeepStrictEqual(was[field] ?? null, goal[field] ?? null))
      .map((field) => ({ goal: label, field, at }));
  });
}

interface Sides {
  readonly before: Running | null;
  readonly after: Running | null;
}

/** Goals are identified by everything but their window, cap and label. */
function isSameGoal(one: Goal, other: Goal): boolean {
  const identity = ({ window: _, cap: __, label: ___, ...rest }: Goal) => rest;
  return isDeepStrictEqual(identity(one), identity(other));
}
