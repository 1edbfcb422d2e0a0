import { capped, MAX_TOTAL } from "./cap.ts";
import type { Counted } from "./counted-events.ts";
import { isTooLate, type PauseTime } from "./epoch-end.ts";
import type { Event } from "./event.ts";
import type { Goal } from "./goal.ts";
import { denominatorOf, eventTest, selectorOf } from "./goal-events.ts";
import { toMillionths } from "./millionths.ts";
import { sessionOf } from "./session.ts";
import { windowMs } from "./window.ts";

const DAY_MS = 86_400_000;

/**
 * Tolerance for events of a goal with a window before the first exposure: corrected times are late
 * by the network's latency. Longer than most requests take, and shorter than a person needs to act
 * on a variant.
 */
export const TOLERANCE_MS = 1000;

/** Counts of one device for a goal, by rules 8 to 11 and 16 to 20 of `tally`. */
export interface UnitGoal {
  /** Whether its window has closed. */
  readonly isMature: boolean;
  readonly events: number;
  /** Total of the values in millionths, within ±MAX_TOTAL. */
  readonly total: bigint;
  /** Whether the total was clamped. */
  readonly isCut: boolean;
  readonly unusable: number;
  /** Denominator of a ratio: events, or sessions. */
  readonly denominator: number;
  /** Events and total in the days before the first exposure; 0 if the goal does not use them. */
  readonly before: { readonly events: number; readonly total: bigint };
}

/**
 * Times in milliseconds: a device's first exposure, the end of counting, and when windows are
 * evaluated.
 */
export interface UnitTimes {
  readonly first: number;
  readonly end: number;
  readonly asOf: number;
  /** Pauses of the device's epoch. */
  readonly pauses: readonly PauseTime[];
}

/** Whether the values of a goal's events are summed. */
export function isOfValues({ kind, ratio }: Goal): boolean {
  return kind === "value" || ratio?.of === "value";
}

/** Counts a device's results for a goal, from all of its events that count. */
export function unitGoal(goal: Goal): (events: readonly Counted[], times: UnitTimes) => UnitGoal {
  const window = windowMs(goal.window);
  const isOwn = eventTest(selectorOf(goal));
  const per = denominatorOf(goal);
  const isPer = per === null || per === "session" ? () => false : eventTest(per);
  const beforeMs = (goal.cuped ?? 0) * DAY_MS;
  const millionthsOf = ({ value }: Event) => (!isOfValues(goal) || value === undefined ? 0n : toMillionths(value));
  return (events, { first, end, asOf, pauses }) => {
    const start = window === null ? first : first - TOLERANCE_MS;
    const closes = window === null ? end : Math.max(end, first + window);
    const timely = events.filter((one) => !isTooLate(one, closes));
    const isInside = ({ at }: Counted) =>
      at >= start &&
      (window === null ? at <= end && !pauses.some((one) => at >= one.start && at < one.end) : at < first + window);
    const inside = timely.filter(isInside);
    const own = inside.filter(({ event }) => isOwn(event));
    const values = own.map(({ event }) => millionthsOf(event));
    const earlier = timely.filter(({ event, at }) => isOwn(event) && at >= first - beforeMs && at < start);
    const total = sum(values);
    const sessions = new Set(inside.flatMap(({ event, at }) => (at < first ? [] : sessionOf(event) || [])));
    return {
      isMature: window === null || first + window <= asOf,
      events: own.length,
      total: capped(total, MAX_TOTAL),
      isCut: capped(total, MAX_TOTAL) !== total,
      unusable: values.filter((value) => value === null).length,
      denominator: per === "session" ? sessions.size : inside.filter(({ event }) => isPer(event)).length,
      before: {
        events: earlier.length,
        total: capped(sum(earlier.map(({ event }) => millionthsOf(event))), MAX_TOTAL),
      },
    };
  };
}

function sum(values: readonly (bigint | null)[]): bigint {
  return values.reduce<bigint>((total, value) => total + (value ?? 0n), 0n);
}
