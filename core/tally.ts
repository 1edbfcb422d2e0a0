import { type Arm, withArms } from "./arms.ts";
import { compareCodePoints } from "./assign.ts";
import { type Counted, countedEvents, type Scope } from "./counted-events.ts";
import { type DayRange, timesOf } from "./day-range.ts";
import type { Event } from "./event.ts";
import { type FirstExposure, firstExposures, isExposure } from "./first-exposures.ts";
import { toMillionths } from "./millionths.ts";
import { addUp, type Moments, type Sums } from "./sums.ts";

/**
 * The counts of one experiment. The unit is the device.
 *
 * The rules, which `tally` executes:
 *  1. Bots, previews (forced groups) and refused events are not in the log, so that nothing has to leave them out here.
 *  2. Events of a simulator's run count only when that run is asked for, and then nothing else does.
 *  3. With `until`, only what happened until then counts, as if nothing had happened since.
 *  4. Times are compared in whole milliseconds; what is finer is cut off.
 *  5. An `exposure` event with an experiment, a group and an epoch exposes its device to that experiment. To be assigned
 *     is not to be exposed.
 *  6. Of the exposures and goal events that have the same id only the first in the log counts.
 *  7. A device's first exposure (by time, then by place in the log) fixes its group and epoch. Later ones change nothing,
 *     and the device counts in no other group or epoch.
 *  8. A goal event counts for the group of its device when it is not earlier than the first exposure, in the same
 *     millisecond too, wherever it is in the log.
 *  9. A device converts at most once per goal, however many events it sends.
 * 10. A goal event's value counts in millionths. One without a value adds 0. A value with more than six decimals or beyond
 *     ±10^9 adds 0 and is counted as unusable; its event counts like any other.
 * 11. Sums are of the devices' totals, where a device without a goal event has 0.
 * 12. A device that was exposed to more than one group of its epoch is counted in its first group, and as one of two groups.
 * 13. A session is a device's text `session_id` (or `sessionId` without that) on an event that counts; empty is none.
 * 14. With `days`, a device that was first exposed on none of them counts like any other, but on no day: events bring their
 *     own times, and whoever sends them may choose a thousand years of them.
 * 15. With `arms`, an exposure to a group that its epoch did not have counts as one to the group without a name, and of
 *     epoch 0 when there was no such epoch: whoever sends events may make up as many of both as they like.
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
    /** Of these devices, whenever they did so; in the order of the goals. */
    readonly converted: readonly number[];
    /** In the order of the goals. */
    readonly goals?: readonly DayGoalTally[];
  }[];
}

/** What devices of one day did, whenever they did. */
export interface DayGoalTally {
  /** Those whose window has closed. */
  readonly n: number;
  readonly converted: number;
  readonly counts: Moments;
  readonly values: Moments;
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

export interface GoalTally {
  readonly event: string;
  /** Devices that converted. */
  readonly devices: number;
  readonly events: number;
  /** Events whose value is none that counts. */
  readonly unusableValues: number;
  /** Events per device. */
  readonly counts: Sums;
  /** Total of the values per device, in millionths. */
  readonly values: Sums;
  /** Devices whose window has not closed yet: no number here counts them. */
  readonly pending?: number;
  /** Totals beyond ±limit (millionths) count as that. */
  readonly capped?: Capped;
  /** Of a goal that is a ratio. */
  readonly ratio?: RatioSums | null;
  /** Of a goal that is adjusted by what devices did before. */
  readonly cuped?: CovariateSums | null;
}

export interface Capped {
  readonly limit: bigint;
  /** Devices of this group whose total was beyond. */
  readonly units: number;
}

/** Two totals per device, exactly: values in millionths, or events; and events, or sessions. */
export interface RatioSums {
  readonly n: number;
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly numeratorSquares: bigint;
  readonly denominatorSquares: bigint;
  /** Sum of their products. */
  readonly product: bigint;
}

/** What devices did in the days before their first exposure, in the unit of what they did since. */
export interface CovariateSums {
  readonly n: number;
  readonly sum: bigint;
  readonly sumSquares: bigint;
  /** Sum of its products with what they did since. */
  readonly product: bigint;
}

export interface TallyOptions extends Scope {
  /** Names of the events that are goals. */
  readonly goals: readonly string[];
  /** Days that are told apart; all when left out. */
  readonly days?: DayRange;
  /** Those that the experiment had; any when left out. */
  readonly arms?: readonly Arm[];
}

/**
 * Counts one experiment from events in log order.
 *
 * @throws RangeError when `until` is not a time, `days` are no days, or a sum of squares is beyond 128 bits
 */
export function tally(
  experiment: string,
  events: Iterable<Event>,
  { goals, run, until, days, arms }: TallyOptions,
): Tally {
  const names = new Set(goals);
  const scope = until === undefined ? { run } : { run, until };
  const counted = countedEvents(events, scope, (event) => isExposure(event, experiment) || names.has(event.event));
  const devices = devicesOf(experiment, withArms(counted, experiment, arms), names);
  const epochs = groupBy(devices, ({ first }) => first.epoch);
  const { start, end } = days ? timesOf(days) : ALWAYS;
  const dayOf = ({ first: { at } }: Device) => (at >= start && at < end ? isoTime(at).slice(0, 10) : null);
  return {
    experiment,
    run,
    epochs: [...epochs].sort(([a], [b]) => a - b).map(([epoch, members]) => epochTally(epoch, members, goals, dayOf)),
  };
}

const ALWAYS = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };

/** What one device did. */
interface Device {
  readonly first: FirstExposure;
  exposures: number;
  /** Groups of the epoch that it was exposed to. */
  readonly groups: Set<string>;
  readonly sessions: Set<string>;
  readonly goals: ReadonlyMap<string, DeviceGoal>;
}

interface DeviceGoal {
  events: number;
  millionths: bigint;
  unusable: number;
}

function devicesOf(experiment: string, counted: readonly Counted[], goals: ReadonlySet<string>): Device[] {
  const devices = new Map<string, Device>();
  for (const [deviceId, first] of firstExposures(experiment, counted)) {
    const goalsOfDevice = new Map([...goals].map((goal) => [goal, { events: 0, millionths: 0n, unusable: 0 }]));
    devices.set(deviceId, { first, exposures: 0, groups: new Set(), sessions: new Set(), goals: goalsOfDevice });
  }
  for (const { event, at } of counted) {
    const device = devices.get(event.deviceId);
    if (!device || at < device.first.at) continue;
    const session = sessionOf(event);
    if (session !== "") device.sessions.add(session);
    if (isExposure(event, experiment)) {
      device.exposures += 1;
      if (event.epoch === device.first.epoch) device.groups.add(event.group);
    }
    const goal = device.goals.get(event.event);
    if (!goal) continue;
    goal.events += 1;
    const millionths = event.value === undefined ? 0n : toMillionths(event.value);
    if (millionths === null) goal.unusable += 1;
    else goal.millionths += millionths;
  }
  return [...devices.values()];
}

function sessionOf({ session_id: session, sessionId }: Event): string {
  if (typeof session === "string" && session !== "") return session;
  return typeof sessionId === "string" ? sessionId : "";
}

function epochTally(
  epoch: number,
  devices: readonly Device[],
  goals: readonly string[],
  dayOf: (device: Device) => string | null,
): EpochTally {
  const groups = [...groupBy(devices, ({ first }) => first.group)].sort(([a], [b]) => compareCodePoints(a, b));
  const times = devices.map(({ first }) => first.at).sort((a, b) => a - b);
  const days = groupBy(devices, dayOf);
  return {
    epoch,
    groups: groups.map(([group, members]) => groupTally(group, members, goals, dayOf)),
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
          return { group, devices: members.length, converted: goals.map((goal) => converted(members, goal).length) };
        }),
      })),
  };
}

function groupTally(
  group: string,
  devices: readonly Device[],
  goals: readonly string[],
  dayOf: (device: Device) => string | null,
): GroupTally {
  return {
    group,
    devices: devices.length,
    otherDays: devices.filter((device) => dayOf(device) === null).length,
    sessions: devices.reduce((sum, { sessions }) => sum + sessions.size, 0),
    exposures: devices.reduce((sum, { exposures }) => sum + exposures, 0),
    goals: goals.map((event) => {
      const those = converted(devices, event);
      return {
        event,
        devices: those.length,
        events: those.reduce((sum, { events }) => sum + events, 0),
        unusableValues: those.reduce((sum, { unusable }) => sum + unusable, 0),
        counts: addUp(
          devices.length,
          those.map(({ events }) => BigInt(events)),
        ),
        values: addUp(
          devices.length,
          those.map(({ millionths }) => millionths),
        ),
      };
    }),
  };
}

/** What the devices that converted did. */
function converted(devices: readonly Device[], goal: string): DeviceGoal[] {
  return devices.flatMap((device) => device.goals.get(goal) ?? []).filter(({ events }) => events > 0);
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
