import type { DayRange } from "../../core/day-range.ts";
import type { Experiment } from "../../core/experiment.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The days on which visitors can have seen an experiment: since it was switched on, until now. A day more at each end, because
 * visitors' clocks are not as right as ours.
 *
 * @param now milliseconds since 1970
 */
export function epochDays(
  { startedAt, updatedAt }: Pick<Experiment, "startedAt" | "updatedAt">,
  now: number,
): DayRange {
  const start = Math.min(Date.parse(startedAt ?? updatedAt), now);
  return { first: dayOf(start - DAY_MS), last: dayOf(now + DAY_MS) };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
