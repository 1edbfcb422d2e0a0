import type { Goal } from "../../../core/goal.ts";
import { compileRoutes } from "../../../core/routes.ts";
import type { SeenNames } from "../../events/seen-names.ts";
import { goalSource } from "../ui/goal-words.ts";

/** Selectors of goals without events in the last day: “purchase”, “page /thank-you”. */
function unseenGoals(goals: readonly Goal[], { events, pages }: SeenNames): string[] {
  const isSeen = (goal: object) => {
    const { event, page, click } = goal as Partial<Record<"event" | "page" | "click", string>>;
    if (page !== undefined) return [...pages.keys()].some(compileRoutes([page]));
    return events.has(click ?? event ?? "");
  };
  return [...new Set(goals.filter((goal) => !isSeen(goal)).map(goalSource))];
}

/**
 * Warns of goals that cannot convert yet: usually a mistyped name, or an event that the page does
 * not send.
 */
export function UnseenGoals({ goals, seen }: { goals: readonly Goal[]; seen: SeenNames }) {
  const unseen = unseenGoals(goals, seen);
  if (unseen.length === 0) return null;
  return (
    <p class="hint" role="note">
      Not seen in the last day: <strong>{unseen.join(", ")}</strong>. Check the name, or that your pages send it.
    </p>
  );
}
