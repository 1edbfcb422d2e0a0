import type { Event } from "./event.ts";
import { type Goal, goalName } from "./goal.ts";
import { compileRoutes } from "./routes.ts";

/** Selects the events of a goal, or of a ratio's denominator: by name, or page views by path. */
export type EventSelector = { readonly event: string } | { readonly page: string };

/** Selects the events of a goal. */
export function selectorOf(goal: Goal): EventSelector {
  return goal.page === undefined ? { event: goalName(goal) } : { page: goal.page };
}

/** Selector of a ratio's denominator, or `session`; null for a goal that is not a ratio. */
export function denominatorOf({ ratio }: Goal): EventSelector | "session" | null {
  if (ratio === undefined) return null;
  const { per } = ratio;
  return per === "session" || !("click" in per) ? per : { event: per.click };
}

/** Whether an event matches a selector; rule 22 of `tally`. */
export function eventTest(selector: EventSelector): (event: Event) => boolean {
  if ("event" in selector) return ({ event }) => event === selector.event;
  const isOn = compileRoutes([selector.page]);
  return ({ event, path }) => event === "pageview" && path !== undefined && isOn(path);
}

/** Selectors of all events that the counts of goals depend on. */
export function selectorsOf(goals: readonly Goal[]): EventSelector[] {
  return goals.flatMap((goal) => {
    const per = denominatorOf(goal);
    return per === null || per === "session" ? [selectorOf(goal)] : [selectorOf(goal), per];
  });
}
