import type { DayRange } from "../../core/day-range.ts";
import type { Experiment } from "../../core/experiment.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Days on which visitors can have seen an experiment: from its start until now, and one more at
 * each end for inaccurate clocks of visitors.
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
