import type { Event } from "./event.ts";
import type { Goal } from "./goal.ts";

/** Which events a goal is about, or a ratio is per. */
export type EventSelector = { readonly event: string };

/** The events of a goal. */
export function selectorOf({ event }: Goal): EventSelector {
  return { event };
}

/** Whether an event is one of those. */
export function eventTest({ event: name }: EventSelector): (event: Event) => boolean {
  return ({ event }) => event === name;
}

/** All that the counts of goals depend on. */
export function selectorsOf(goals: readonly Goal[]): EventSelector[] {
  return goals.flatMap((goal) => {
    const per = goal.ratio?.per;
    return per === undefined || per === "session" ? [selectorOf(goal)] : [selectorOf(goal), per];
  });
}
