import { assignedGroups, experimentsOnPage, groupShown, type Observations } from "../observations.ts";
import type { Check } from "./check.ts";

export interface Rendering {
  readonly visits: number;
  readonly mismatches: number;
  /** The first mismatch in a sentence. */
  readonly first: string | null;
}

/**
 * Checks that every visitor saw the group that the server assigned (its `exp_groups` event). No
 * statistics: one wrong visit in a million fails it.
 */
export function checkRendering(observations: Observations): { rendering: Rendering; check: Check } {
  const groupsOf = assignedGroups(observations);
  const keys = experimentsOnPage(observations);
  const wrong: string[] = [];
  for (const { index, seen, errors } of observations.visits) {
    if (!seen) {
      wrong.push(`visit ${index} saw nothing: ${errors[0] ?? "no reason known"}`);
      continue;
    }
    const groups = groupsOf(seen.deviceId);
    const mismatch = seen.placeholders
      .filter(({ experiment }) => keys.includes(experiment))
      .map((placeholder) => {
        // The page shows the fallback when there is no unit to assign.
        const expected = groups[placeholder.experiment] || observations.claims[placeholder.experiment]?.fallback;
        const shown = groupShown(placeholder, expected);
        return shown !== null && shown === expected
          ? null
          : `visit ${index} saw ${shown ?? "no variant"} of ${placeholder.experiment}, assigned was ${expected ?? "nothing"}`;
      })
      .find((text) => text !== null);
    if (mismatch) wrong.push(mismatch);
  }
  const rendering = { visits: observations.visits.length, mismatches: wrong.length, first: wrong[0] ?? null };
  return { rendering, check: renderingCheck(rendering, keys.length > 0) };
}

/** @param isFound whether a placeholder of a known experiment is on the page */
export function renderingCheck({ visits, mismatches, first }: Rendering, isFound: boolean): Check {
  return {
    name: "rendering",
    ok: mismatches === 0 && isFound,
    tested: true,
    detail: !isFound
      ? "no placeholder of a known experiment on the page"
      : (first ?? `rendered = assigned in ${visits} of ${visits} visits`) +
        (mismatches > 1 ? ` (and ${mismatches - 1} more visits)` : ""),
  };
}
