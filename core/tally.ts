import { type AccountDevices, accountDevices, linkedDevice, splitAccounts } from "./account-devices.ts";
import { type Arm, NO_GROUP, withArms } from "./arms.ts";
import { compareCodePoints } from "./assign.ts";
import { type Counted, countedEvents, requireTime, type Scope } from "./counted-events.ts";
import { type DayRange, timesOf } from "./day-range.ts";
import {
  type EndTimes,
  type EpochEnd,
  endOf,
  endTimes,
  isLate,
  isTooLate,
  type Pause,
  type PauseTime,
  pauseTimes,
  withoutLate,
} from "./epoch-end.ts";
import type { Event } from "./event.ts";
import type { Unit } from "./experiment.ts";
import { type FirstExposure, firstExposures, isExposure } from "./first-exposures.ts";
import type { Goal } from "./goal.ts";
import { eventTest, selectorsOf } from "./goal-events.ts";
import { type DayGoalTally, dayGoalTally, type GoalTally, goalTally, limitOf } from "./goal-tally.ts";
import { sessionOf } from "./session.ts";
import { unitOf } from "./unit.ts";
import { type UnitGoal, unitGoal } from "./unit-goal.ts";
import { isWrongClock } from "./wrong-clock.ts";

export type { Capped, CovariateSums, DayGoalTally, GoalTally } from "./goal-tally.ts";
export type { RatioSums } from "./ratio-sums.ts";

/**
 * The counts of one experiment, in its own units: devices, accounts or sessions.
 *
 * The rules, which `tally` executes:
 *  1. Bots, previews (forced groups) and rejected events are not in the log, and need no rule here.
 *  2. Events of a simulator's run count only if that run is requested, and then no others do.
 *  3. With `until`, only events that happened and were received by then count.
 *  4. Times are compared in whole milliseconds; finer digits are truncated.
 *  5. An `exposure` event with an experiment, a group and an epoch exposes its unit (the device,
 *     account or session that it names) to that experiment, unless the server marked it as
 *     `uncounted`. One that does not name the experiment's unit exposes none and is counted apart;
 *     so is every one if each request is another unit. Assignment is not exposure.
 *  6. Of the exposures and goal events with the same ID only the first in the log counts.
 *  7. A unit's first exposure (by time, then by position in the log) fixes its group and epoch.
 *     Later ones change nothing, and the unit counts in no other group or epoch.
 *  8. A goal event counts for the group of its unit if it is not earlier than the first exposure
 *     (the same millisecond counts), anywhere in the log. For a goal with a window it counts from
 *     1,000 ms before the first exposure until the window after it closes: times that the server
 *     corrected are late by the network's latency.
 *  9. A unit converts at most once per goal, however many events it sends.
 * 10. A goal event's value counts in millionths, rounded to the nearest one and half to even, where
 *     the goal sums values. One without a value adds 0. A value beyond ±10^9 adds 0 and is counted
 *     as unusable, and so is its unit; its event counts like any other.
 * 11. Sums are of the units' totals, where a unit without a goal event has 0.
 * 12. A unit that was exposed to more than one group of its epoch is counted in its first group,
 *     and as one of two groups.
 * 13. A session is a unit's text `session_id` (or `sessionId` without that) on a counted event;
 *     an empty text is none.
 * 14. With `days`, a unit first exposed on none of them counts like any other, but on no day:
 *     events bring their own times, so senders can spread them over a thousand years.
 * 15. With `arms`, an exposure to a group that its epoch did not have counts as one to the group
 *     without a name, and of epoch 0 if there was no such epoch: senders can invent any number of
 *     both.
 * 16. A goal with a window counts only units whose window has closed, at `until` or `asOf`,
 *     whichever is earlier; the others are pending for that goal. Without both every window has
 *     closed.
 * 17. With `ends`, an exposure later than the end of its epoch does not count. A goal event later
 *     than the end of its unit's epoch, or in one of its `pauses`, counts only for goals with a
 *     window, until that closes. Events received more than ten minutes after the end, or after the
 *     window closed if that is later, count for nothing: they could be backdated.
 * 18. A unit's total of values is clamped to ±10^9, or ±the goal's cap. A percentile cap is that
 *     of the totals of all units whose window has closed, by nearest rank over all groups but the
 *     one without a name, which no cap may depend on; if it is not above 0 it does not apply.
 * 19. A ratio has per unit the goal's values or events, and a denominator: other events by rule
 *     8, or the sessions of counted events from the first exposure until the window closes.
 * 20. A goal with a covariate counts the same in the given days before the first exposure, up to
 *     where rule 8 begins.
 * 21. A unit's clock was wrong when the server corrected an exposure of the unit by more than
 *     two minutes.
 * 22. The events of a goal of pages are page views whose path matches its glob, as in an
 *     experiment's routes.
 * 23. Events within the `exclusions` do not count, by the time and network of their receipt.
 * 24. An event that names a device and an account links the two from its time on. In an experiment
 *     of devices, a goal event that names an account and no device is one of the device, among
 *     those linked by then, with the earliest first exposure (by rule 7).
 * 25. An account with devices in different groups of an epoch is counted as split.
 * 26. For a goal that requires a key, and for its ratio's denominator, only events count that came
 *     with an ingest key.
 */
export interface Tally {
  readonly experiment: string;
  readonly run: string | null;
  /** Epochs with units, ascending. */
  readonly epochs: readonly EpochTally[];
  /**
   * Exposures that do not name the experiment's unit, by epoch; ascending, only those with some.
   * Absent when there are none.
   */
  readonly withoutUnit?: readonly { readonly epoch: number; readonly exposures: number }[];
}

export interface EpochTally {
  readonly epoch: number;
  /** Groups with units, in code-point order of their names. */
  readonly groups: readonly GroupTally[];
  /** Units exposed to more than one group. */
  readonly twoGroups: number;
  /** Accounts with devices in different groups; absent if there are none. */
  readonly splitAccounts?: number;
  /** Time of the first unit's first exposure; ISO 8601 in UTC with milliseconds. */
  readonly firstAt: string;
  /** Time of the last unit's first exposure. */
  readonly lastAt: string;
  /** Days with first exposures, ascending. */
  readonly days: readonly DayTally[];
}

/** The units first exposed on one day. */
export interface DayTally {
  /** Day in UTC, such as `2026-01-31`. */
  readonly day: string;
  /** All groups of the epoch in their order. */
  readonly groups: readonly {
    readonly group: string;
    readonly devices: number;
    /**
     * Converted units among those whose window has closed, whenever they converted; in the order
     * of the goals.
     */
    readonly converted: readonly number[];
    /** In the order of the goals. */
    readonly goals?: readonly DayGoalTally[];
  }[];
}

export interface GroupTally {
  readonly group: string;
  /** Exposed units. */
  readonly devices: number;
  /** Units among these that were first exposed on none of the requested days. */
  readonly otherDays: number;
  /** Sessions of the exposures and goal events of these units. */
  readonly sessions: number;
  /** Exposures of these units to the experiment, to any group and in any epoch. */
  readonly exposures: number;
  /** Units whose clock was corrected by more than two minutes. */
  readonly wrongClocks?: number;
  /** In the order of the goals. */
  readonly goals: readonly GoalTally[];
}

export interface TallyOptions extends Scope {
  /** The counted unit; default `device`. */
  readonly unit?: Unit;
  /** Goals; an event's name stands for a goal of kind value without a window. */
  readonly goals: readonly (Goal | string)[];
  /** ISO 8601 time in UTC at which windows are evaluated; default: all have closed. */
  readonly asOf?: string;
  /** Epochs that have ended. */
  readonly ends?: readonly EpochEnd[];
  /** Pauses within epochs. */
  readonly pauses?: readonly Pause[];
  /** Days to distinguish; default all. */
  readonly days?: DayRange;
  /** Arms that the experiment had; default any. */
  readonly arms?: readonly Arm[];
}

/**
 * Counts one experiment from events in log order.
 *
 * @throws RangeError if `until`, `asOf` or an end is not a time, or `days` are not days
 */
export function tally(experiment: string, events: Iterable<Event>, options: TallyOptions): Tally {
  const { run, days, arms, unit = "device" } = options;
  const goals = countedGoals(options);
  const ends = endTimes(options.ends);
  const isGoal = selectorsOf(goals).map(eventTest);
  const scope = scopeOf(options);
  const log = [...events];
  const counted = countedEvents(
    log,
    scope,
    (event, at) =>
      (isExposure(event, experiment) && !isLate(event, at, experiment, ends)) || isGoal.some((test) => test(event)),
  );
  const timely = withArms(withoutLate(counted, experiment, ends), experiment, arms);
  const exposures = firstExposures(experiment, timely, unit);
  const linked: AccountDevices = unit === "device" ? accountDevices(log, scope) : new Map();
  const unitOfCounted = (one: Counted) => unitOf(one.event, unit) ?? linkedDevice(one, experiment, linked, exposures);
  const byUnit = groupBy(timely, unitOfCounted);
  const units = unitsOf(experiment, exposures, byUnit, goals, {
    ends,
    asOf: asOfOf(options),
    pauses: pauseTimes(options.pauses),
  });
  const epochs = groupBy(units, ({ first }) => first.epoch);
  const split = splitAccounts(linked, exposures);
  const strays = (byUnit.get(null) ?? []).flatMap(({ event }) => (isExposure(event, experiment) ? event.epoch : []));
  const { start, end } = days ? timesOf(days) : ALWAYS;
  const dayOf = ({ first: { at } }: CountedUnit) => (at >= start && at < end ? isoTime(at).slice(0, 10) : null);
  const isPooled = ({ first }: CountedUnit) => arms === undefined || first.group !== NO_GROUP;
  return {
    experiment,
    run,
    epochs: [...epochs]
      .sort(([a], [b]) => a - b)
      .map(([epoch, members]) => {
        const pooled = members.filter(isPooled);
        const limits = goals.map((goal, place) => limitOf(goal, unitGoals(pooled, place)));
        return epochTally(epoch, members, goals, limits, dayOf, split.get(epoch) ?? 0);
      }),
    ...(strays.length > 0 && {
      withoutUnit: [...groupBy(strays, (epoch) => epoch)]
        .sort(([a], [b]) => a - b)
        .map(([epoch, { length: exposures }]) => ({ epoch, exposures })),
    }),
  };
}

/** The part of the log that is counted. */
export function scopeOf({ run, until, exclusions = [] }: Scope): Scope {
  return until === undefined ? { run, exclusions } : { run, exclusions, until };
}

const ALWAYS = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };

/** The goals, including those given only by name. */
export function countedGoals({ goals }: Pick<TallyOptions, "goals">): Goal[] {
  return goals.map((goal) => (typeof goal === "string" ? { event: goal, kind: "value" } : goal));
}

/** Rule 16: the time at which windows are evaluated, in milliseconds. */
export function asOfOf({ until, asOf }: Pick<TallyOptions, "until" | "asOf">): number {
  requireTime(asOf, "asOf");
  return Math.min(...[until, asOf].map((time) => (time === undefined ? Number.POSITIVE_INFINITY : Date.parse(time))));
}

/** One unit's results. */
interface CountedUnit {
  readonly first: FirstExposure;
  readonly exposures: number;
  /** Groups of its epoch that the unit was exposed to. */
  readonly groups: ReadonlySet<string>;
  readonly sessions: ReadonlySet<string>;
  readonly hasWrongClock: boolean;
  /** In the order of the goals. */
  readonly goals: readonly UnitGoal[];
}

function unitsOf(
  experiment: string,
  exposures: ReadonlyMap<string, FirstExposure>,
  byUnit: ReadonlyMap<string | null, readonly Counted[]>,
  goals: readonly Goal[],
  { ends, asOf, pauses }: { ends: EndTimes; asOf: number; pauses: readonly PauseTime[] },
): CountedUnit[] {
  const countGoals = goals.map(unitGoal);
  return [...exposures].map(([id, first]) => {
    const own = byUnit.get(id) ?? [];
    const end = endOf(ends, first.epoch);
    const ofEpoch = pauses.filter(({ epoch }) => epoch === first.epoch);
    const since = own.filter(({ at }) => at >= first.at);
    const inTime = since.filter((one) => one.at <= end && !isTooLate(one, end));
    const shown = since.flatMap(({ event }) => (isExposure(event, experiment) ? event : []));
    return {
      first,
      exposures: shown.length,
      groups: new Set(shown.filter(({ epoch }) => epoch === first.epoch).map(({ group }) => group)),
      sessions: new Set(inTime.flatMap(({ event }) => sessionOf(event) || [])),
      hasWrongClock: shown.some(isWrongClock),
      goals: countGoals.map((count) => count(own, { first: first.at, end, asOf, pauses: ofEpoch })),
    };
  });
}

function unitGoals(units: readonly CountedUnit[], place: number): UnitGoal[] {
  return units.flatMap(({ goals }) => goals[place] ?? []);
}

function epochTally(
  epoch: number,
  units: readonly CountedUnit[],
  goals: readonly Goal[],
  limits: readonly bigint[],
  dayOf: (unit: CountedUnit) => string | null,
  splitAccounts: number,
): EpochTally {
  const groups = [...groupBy(units, ({ first }) => first.group)].sort(([a], [b]) => compareCodePoints(a, b));
  const times = units.map(({ first }) => first.at).sort((a, b) => a - b);
  const days = groupBy(units, dayOf);
  return {
    epoch,
    groups: groups.map(([group, members]) => ({
      group,
      devices: members.length,
      otherDays: members.filter((unit) => dayOf(unit) === null).length,
      sessions: members.reduce((sum, { sessions }) => sum + sessions.size, 0),
      exposures: members.reduce((sum, { exposures }) => sum + exposures, 0),
      wrongClocks: members.filter(({ hasWrongClock }) => hasWrongClock).length,
      goals: goals.map((goal, place) => goalTally(goal, unitGoals(members, place), limits[place] ?? 0n)),
    })),
    twoGroups: units.filter((unit) => unit.groups.size > 1).length,
    ...(splitAccounts > 0 && { splitAccounts }),
    firstAt: isoTime(times[0] ?? 0),
    lastAt: isoTime(times.at(-1) ?? 0),
    days: [...days]
      .filter((entry): entry is [string, CountedUnit[]] => entry[0] !== null)
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
