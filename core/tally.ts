import { type Arm, NO_GROUP, withArms } from "./arms.ts";
import { compareCodePoints } from "./assign.ts";
import { type Counted, countedEvents, requireTime, type Scope } from "./counted-events.ts";
import { type DayRange, timesOf } from "./day-range.ts";
import { type EndTimes, type EpochEnd, endOf, endTimes, isLate, withoutLate } from "./epoch-end.ts";
import type { Event } from "./event.ts";
import { type FirstExposure, firstExposures, isExposure } from "./first-exposures.ts";
import type { Goal } from "./goal.ts";
import { eventTest, selectorsOf } from "./goal-events.ts";
import { type DayGoalTally, dayGoalTally, type GoalTally, goalTally, limitOf } from "./goal-tally.ts";
import { sessionOf } from "./session.ts";
import { type UnitGoal, unitGoal } from "./unit-goal.ts";
import { isWrongClock } from "./wrong-clock.ts";

export type { Capped, CovariateSums, DayGoalTally, GoalTally } from "./goal-tally.ts";
export type { RatioSums } from "./ratio-sums.ts";

/**
 * The counts of one experiment. The unit is the device.
 *
 * The rules, which `tally` executes:
 *  1. Bots, previews (forced groups) and rejected events are not in the log, so that nothing has to
 *     leave them out here.
 *  2. Events of a simulator's run count only when that run is asked for, and then nothing else
 *     does.
 *  3. With `until`, only what happened and was received by then counts, as if nothing had happened
 *     since.
 *  4. Times are compared in whole milliseconds; what is finer is cut off.
 *  5. An `exposure` event with an experiment, a group and an epoch exposes its device to that
 *     experiment, unless the server marked it as `uncounted`. To be assigned is not to be exposed.
 *  6. Of the exposures and goal events that have the same id only the first in the log counts.
 *  7. A device's first exposure (by time, then by place in the log) fixes its group and epoch.
 *     Later ones change nothing, and the device counts in no other group or epoch.
 *  8. A goal event counts for the group of its device when it is not earlier than the first
 *     exposure, in the same millisecond too, wherever it is in the log. For a goal with a window it
 *     counts until the window closes, so long after the first exposure, and from 1,000 ms before
 *     it: times that the server corrected are late by what the network took.
 *  9. A device converts at most once per goal, however many events it sends.
 * 10. A goal event's value counts in millionths, rounded to the nearest one and half to even, where
 *     the goal sums values. One without a value adds 0. A value beyond ±10^9 adds 0 and is counted
 *     as unusable; its event counts like any other.
 * 11. Sums are of the devices' totals, where a device without a goal event has 0.
 * 12. A device that was exposed to more than one group of its epoch is counted in its first group,
 *     and as one of two groups.
 * 13. A session is a device's text `session_id` (or `sessionId` without that) on an event that
 *     counts; empty is none.
 * 14. With `days`, a device that was first exposed on none of them counts like any other, but on no
 *     day: events bring their own times, and whoever sends them may choose a thousand years of
 *     them.
 * 15. With `arms`, an exposure to a group that its epoch did not have counts as one to the group
 *     without a name, and of epoch 0 when there was no such epoch: whoever sends events may make up
 *     as many of both as they like.
 * 16. A goal with a window counts only devices whose window has closed, at `until` or `asOf`,
 *     whichever is earlier; the others are pending for that goal. Without both every window has
 *     closed.
 * 17. With `ends`, an exposure later than the end of its epoch exposes nobody. A goal event later
 *     than the end of its device's epoch counts only for goals with a window, until that closes.
 * 18. A device's total of values counts within ±10^9, or ±the goal's cap. A percentile is that of
 *     the totals of all devices whose window has closed, by nearest rank over all groups but the
 *     one without a name, which no cap may depend on; where it is not above 0 it does not apply.
 * 19. A ratio is per device the goal's values or events, and what it is divided by: other events by
 *     rule 8, or the sessions of events that count from the first exposure until the window closes.
 * 20. A goal with days before counts the same in so many days before the first exposure, up to
 *     where rule 8 begins.
 * 21. A device's clock was wrong when the server corrected an exposure of the device by more than
 *     two minutes.
 * 22. The events of a goal of pages are page views whose path matches its glob, as in an
 *     experiment's routes.
 * 23. Events of the `exclusions` do not count, by when and from where the server received them.
 */
export interface Tally {
  readonly experiment: string;
  readonly run: string | null;
  /** Ascending; only those with devices. */
  readonly epochs: readonly EpochTally[];
}

export interface EpochTally {
  readonly epoch: number;
  /** By the code points of their names; only those with devices. */
  readonly groups: readonly GroupTally[];
  /** Devices that were exposed to more than one group. */
  readonly twoGroups: number;
  /** When the first device was first exposed; ISO 8601 in UTC with milliseconds. */
  readonly firstAt: string;
  /** When the last device was first exposed. */
  readonly lastAt: string;
  /** Ascending; only those on which devices were first exposed. */
  readonly days: readonly DayTally[];
}

/** The devices that were first exposed on one day. */
export interface DayTally {
  /** Day in UTC, such as `2026-01-31`. */
  readonly day: string;
  /** All groups of the epoch in their order. */
  readonly groups: readonly {
    readonly group: string;
    readonly devices: number;
    /**
     * Of these devices whose window has closed, whenever they did so; in the order of the goals.
     */
    readonly converted: readonly number[];
    /** In the order of the goals. */
    readonly goals?: readonly DayGoalTally[];
  }[];
}

export interface GroupTally {
  readonly group: string;
  /** Exposed devices. */
  readonly devices: number;
  /** Of these, those that were first exposed on none of the days that were asked for. */
  readonly otherDays: number;
  /** Sessions of the exposures and goal events of these devices. */
  readonly sessions: number;
  /** Exposures of these devices to the experiment, to whichever group and in whichever epoch. */
  readonly exposures: number;
  /** Devices whose clock was corrected by more than two minutes. */
  readonly wrongClocks?: number;
  /** In the order of the goals. */
  readonly goals: readonly GoalTally[];
}

export interface TallyOptions extends Scope {
  /** The name of an event is its goal of values, without a window. */
  readonly goals: readonly (Goal | string)[];
  /** ISO 8601 time in UTC at which windows are looked at; all have closed when left out. */
  readonly asOf?: string;
  /** Epochs that have ended. */
  readonly ends?: readonly EpochEnd[];
  /** Days that are told apart; all when left out. */
  readonly days?: DayRange;
  /** Those that the experiment had; any when left out. */
  readonly arms?: readonly Arm[];
}

/**
 * Counts one experiment from events in log order.
 *
 * @throws RangeError when `until`, `asOf` or an end is not a time, or `days` are no days
 */
export function tally(experiment: string, events: Iterable<Event>, options: TallyOptions): Tally {
  const { run, days, arms } = options;
  const goals = countedGoals(options);
  const ends = endTimes(options.ends);
  const isGoal = selectorsOf(goals).map(eventTest);
  const scope = scopeOf(options);
  const counted = countedEvents(
    events,
    scope,
    (event, at) =>
      (isExposure(event, experiment) && !isLate(event, at, experiment, ends)) || isGoal.some((test) => test(event)),
  );
  const timely = withArms(withoutLate(counted, experiment, ends), experiment, arms);
  const devices = devicesOf(experiment, timely, goals, ends, asOfOf(options));
  const epochs = groupBy(devices, ({ first }) => first.epoch);
  const { start, end } = days ? timesOf(days) : ALWAYS;
  const dayOf = ({ first: { at } }: Device) => (at >= start && at < end ? isoTime(at).slice(0, 10) : null);
  const isPooled = ({ first }: Device) => arms === undefined || first.group !== NO_GROUP;
  return {
    experiment,
    run,
    epochs: [...epochs]
      .sort(([a], [b]) => a - b)
      .map(([epoch, members]) => {
        const pooled = members.filter(isPooled);
        const limits = goals.map((goal, place) => limitOf(goal, unitGoals(pooled, place)));
        return epochTally(epoch, members, goals, limits, dayOf);
      }),
  };
}

/** The part of the log that is counted. */
export function scopeOf({ run, until, exclusions = [] }: Scope): Scope {
  return until === undefined ? { run, exclusions } : { run, exclusions, until };
}

const ALWAYS = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };

/** The goals with those that only a name stands for. */
export function countedGoals({ goals }: Pick<TallyOptions, "goals">): Goal[] {
  return goals.map((goal) => (typeof goal === "string" ? { event: goal, kind: "value" } : goal));
}

/** Rule 16: when windows are looked at, in milliseconds. */
export function asOfOf({ until, asOf }: Pick<TallyOptions, "until" | "asOf">): number {
  requireTime(asOf, "asOf");
  return Math.min(...[until, asOf].map((time) => (time === undefined ? Number.POSITIVE_INFINITY : Date.parse(time))));
}

/** What one device did. */
interface Device {
  readonly first: FirstExposure;
  readonly exposures: number;
  /** Groups of the epoch that it was exposed to. */
  readonly groups: ReadonlySet<string>;
  readonly sessions: ReadonlySet<string>;
  readonly hasWrongClock: boolean;
  /** In the order of the goals. */
  readonly goals: readonly UnitGoal[];
}

function devicesOf(
  experiment: string,
  counted: readonly Counted[],
  goals: readonly Goal[],
  ends: EndTimes,
  asOf: number,
): Device[] {
  const countGoals = goals.map(unitGoal);
  const byDevice = groupBy(counted, ({ event }) => event.deviceId);
  return [...firstExposures(experiment, counted)].map(([deviceId, first]) => {
    const own = byDevice.get(deviceId) ?? [];
    const end = endOf(ends, first.epoch);
    const since = own.filter(({ at }) => at >= first.at);
    const exposures = since.flatMap(({ event }) => (isExposure(event, experiment) ? event : []));
    return {
      first,
      exposures: exposures.length,
      groups: new Set(exposures.filter(({ epoch }) => epoch === first.epoch).map(({ group }) => group)),
      sessions: new Set(since.filter(({ at }) => at <= end).flatMap(({ event }) => sessionOf(event) || [])),
      hasWrongClock: exposures.some(isWrongClock),
      goals: countGoals.map((count) => count(own, { first: first.at, end, asOf })),
    };
  });
}

function unitGoals(devices: readonly Device[], place: number): UnitGoal[] {
  return devices.flatMap(({ goals }) => goals[place] ?? []);
}

function epochTally(
  epoch: number,
  devices: readonly Device[],
  goals: readonly Goal[],
  limits: readonly bigint[],
  dayOf: (device: Device) => string | null,
): EpochTally {
  const groups = [...groupBy(devices, ({ first }) => first.group)].sort(([a], [b]) => compareCodePoints(a, b));
  const times = devices.map(({ first }) => first.at).sort((a, b) => a - b);
  const days = groupBy(devices, dayOf);
  return {
    epoch,
    groups: groups.map(([group, members]) => ({
      group,
      devices: members.length,
      otherDays: members.filter((device) => dayOf(device) === null).length,
      sessions: members.reduce((sum, { sessions }) => sum + sessions.size, 0),
      exposures: members.reduce((sum, { exposures }) => sum + exposures, 0),
      wrongClocks: members.filter(({ hasWrongClock }) => hasWrongClock).length,
      goals: goals.map((goal, place) => goalTally(goal, unitGoals(members, place), limits[place] ?? 0n)),
    })),
    twoGroups: devices.filter((device) => device.groups.size > 1).length,
    firstAt: isoTime(times[0] ?? 0),
    lastAt: isoTime(times.at(-1) ?? 0),
    days: [...days]
      .filter((entry): entry is [string, Device[]] => entry[0] !== null)
      .sort(([a], [b]) => compareCodePoints(a, b))
      .map(([day, ofDay]) => ({
        day,
        groups: groups.map(([group]) => {
          const members = ofDay.filter(({ first }) => first.group === group);
          const ofGoals = goals.map((goal, place) =>
            dayGoalTally(goal, unitGoals(members, place), limits[place] ?? 0n),
          );
          return {
            group,
            devices: members.length,
            converted: ofGoals.map(({ converted }) => converted),
            goals: ofGoals,
          };
        }),
      })),
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
