import type { Experiment } from "../../core/experiment.ts";
import { type Goal, goalName } from "../../core/goal.ts";
import type { Report } from "../../core/report/report.ts";
import {
  assignedGroups,
  experimentsOnPage,
  groupShown,
  type Observations,
  recordedReasons,
  takesPart,
} from "../observations.ts";
import type { Check } from "./check.ts";

/** An experiment's definition with the server's report of a run. */
export interface ResultsRead {
  readonly experiment: Pick<Experiment, "goals" | "unit">;
  readonly report: Report;
}

/** Numbers of the server's reports, compared with what visitors did. */
export interface Results {
  readonly compared: number;
  readonly wrong: number;
  /** The first difference in a sentence. */
  readonly first: string | null;
}

/**
 * Compares the server's reports with what visitors saw and clicked: devices, conversions and events
 * of every group, to the last one. Left out are experiments by account or session, results that a
 * plan froze, and goals that clicks do not reach: ratios, page views, and those that need a key.
 */
export function compareResults(observations: Observations): Results {
  const { visits, claims, results } = observations;
  const reasonOf = recordedReasons(observations);
  const groupsOf = assignedGroups(observations);
  let compared = 0;
  const wrong: string[] = [];
  for (const key of experimentsOnPage(observations)) {
    const read = results.get(key);
    if (!read || claims[key]?.state !== "active" || !isComparable(read)) continue;
    const devices = new Map<string, number>();
    const reached = new Map<string, { conversions: number; events: number }>();
    for (const { seen, clicks } of visits) {
      const placeholder = seen?.placeholders.findLast(({ experiment }) => experiment === key);
      if (!seen || !placeholder || !takesPart(claims, reasonOf, seen.deviceId, key)) continue;
      const group = groupShown(placeholder, groupsOf(seen.deviceId)[key]);
      if (group === null) continue;
      devices.set(group, (devices.get(group) ?? 0) + 1);
      for (const [goal, events] of countBy(clicks.map(({ event }) => event))) {
        const sums = reached.get(cell(group, goal)) ?? { conversions: 0, events: 0 };
        reached.set(cell(group, goal), { conversions: sums.conversions + 1, events: sums.events + events });
      }
    }
    const compare = (what: string, found: number, real: number) => {
      compared += 1;
      if (found !== real) wrong.push(`${key} ${what} in the results are ${found}: there were ${real}`);
    };
    for (const { group, devices: found } of read.report.groups) {
      compare(`devices of ${group}`, found, devices.get(group) ?? 0);
    }
    for (const [place, goal] of read.experiment.goals.entries()) {
      const { event, groups } = read.report.goals[place] ?? { event: "", groups: [] };
      if (!isReachedByClicks(goal)) continue;
      for (const { group, conversions, events } of groups) {
        const real = reached.get(cell(group, event));
        compare(`conversions to ${event} of ${group}`, conversions, real?.conversions ?? 0);
        compare(`events ${event} of ${group}`, events, real?.events ?? 0);
      }
    }
  }
  return { compared, wrong: wrong.length, first: wrong[0] ?? null };
}

export function resultsCheck({ compared, wrong, first }: Results): Check {
  const isTested = compared > 0;
  const detail = !isTested
    ? "no report of the server to compare"
    : (first ?? `${compared} numbers of the server's reports are what visitors did`) +
      (wrong > 1 ? ` (and ${wrong - 1} more numbers)` : "");
  return { name: "results", ok: wrong === 0, tested: isTested, detail };
}

function isComparable({ experiment, report }: ResultsRead): boolean {
  return experiment.unit === "device" && report.epochs.length <= 1 && report.progress.reachedAt === null;
}

function isReachedByClicks(goal: Goal): boolean {
  const isClick = goal.page === undefined && goalName(goal) !== "pageview";
  return isClick && goal.kind !== "ratio" && goal.requires === undefined;
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

const cell = (group: string, goal: string) => `${group}\0${goal}`;
