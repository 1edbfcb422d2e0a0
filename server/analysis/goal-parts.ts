import type { Goal } from "../../core/goal.ts";
import { denominatorOf, type EventSelector, selectorOf } from "../../core/goal-events.ts";
import { isOfValues, TOLERANCE_MS } from "../../core/unit-goal.ts";
import { windowMs } from "../../core/window.ts";

/** A total per device: of a goal, or of a ratio's denominator. */
export interface GoalPart {
  /** Index of its events' selector. */
  readonly selector: number;
  readonly windowMs: number | null;
  /** How much earlier than the first exposure an event may be. */
  readonly earlyMs: number;
  readonly isOfValues: boolean;
}

export interface GoalParts {
  /** Without duplicates. */
  readonly selectors: readonly EventSelector[];
  /** One for each goal, in order, then those of denominators. */
  readonly parts: readonly GoalPart[];
  /** By goal: the index of its denominator's part; `session`, or null for none. */
  readonly denominators: readonly (number | "session" | null)[];
}

export function goalParts(goals: readonly Goal[]): GoalParts {
  const selectors = new Map<string, EventSelector>();
  const placeOf = (selector: EventSelector) => {
    const name = JSON.stringify(selector);
    if (!selectors.has(name)) selectors.set(name, selector);
    return [...selectors.keys()].indexOf(name);
  };
  const partOf = (goal: Goal, selector: EventSelector, values: boolean): GoalPart => {
    const window = windowMs(goal.window);
    return {
      selector: placeOf(selector),
      windowMs: window,
      earlyMs: window === null ? 0 : TOLERANCE_MS,
      isOfValues: values,
    };
  };
  const parts = goals.map((goal) => partOf(goal, selectorOf(goal), isOfValues(goal)));
  const denominators = goals.map((goal) => {
    const per = denominatorOf(goal);
    return per === null || per === "session" ? per : parts.push(partOf(goal, per, false)) - 1;
  });
  return { selectors: [...selectors.values()], parts, denominators };
}
