import type { Event } from "./event.ts";
import { type Goal, goalName } from "./goal.ts";
import { compileRoutes } from "./routes.ts";

/** Selects the events of a goal, or of a ratio's denominator: by name, or page views by path. */
export type EventSelector = ({ readonly event: string } | { readonly page: string }) & {
  /** Whether only events that came with an ingest key match. */
  readonly withKey?: true;
};

/** Selects the events of a goal. */
export function selectorOf(goal: Goal): EventSelector {
  return { ...(goal.page === undefined ? { event: goalName(goal) } : { page: goal.page }), ...keyOf(goal) };
}

/** Selector of a ratio's denominator, or `session`; null for a goal that is not a ratio. */
export function denominatorOf(goal: Goal): EventSelector | "session" | null {
  if (goal.ratio === undefined) return null;
  const { per } = goal.ratio;
  if (per === "session") return per;
  return { ...("click" in per ? { event: per.click } : per), ...keyOf(goal) };
}

function keyOf({ requires }: Goal): { readonly withKey?: true } {
  return requires === "key" ? { withKey: true } : {};
}

/** Whether an event matches a selector; rules 22 and 26 of `tally`. */
export function eventTest({ withKey, ...selector }: EventSelector): (event: Event) => boolean {
  if (withKey) {
    const test = eventTest(selector);
    return (event) => event.withKey === true && test(event);
  }
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
