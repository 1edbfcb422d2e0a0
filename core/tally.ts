import { compareCodePoints } from "./assign.ts";
import type { Event } from "./event.ts";

/**
 * The counts of one experiment, epoch and group. The unit is the device.
 *
 * The rules, which this file executes:
 *  1. An `exposure` event with an experiment, a group and an epoch exposes its device to that experiment.
 *  2. A device's first exposure (by `ts`, then by place in the log) fixes its group and epoch; later ones change nothing.
 *  3. A device converts on a goal when it has at least one event of that name at or after its first exposure.
 *  4. A device converts at most once per goal, however many events it sends.
 *  5. Events of a simulator's run count only when that run is asked for, and then nothing else does.
 *  6. An event whose id came before counts once.
 */
export interface Tally {
  readonly experiment: string;
  readonly epoch: number;
  readonly group: string;
  /** Exposed devices. */
  readonly devices: number;
  /** Exposed devices with at least one goal event at or after their first exposure, by the goal's event name. */
  readonly conversions: ReadonlyMap<string, number>;
}

export interface TallyOptions {
  /** Names of the events that are goals. */
  readonly goals: readonly string[];
  /** Which run's events to count; null for those of real visitors. */
  readonly run: string | null;
}

interface Exposure {
  readonly epoch: number;
  readonly group: string;
  readonly ts: number;
}

/** Counts one experiment's devices and conversions from events in log order; sorted by epoch, then by group. */
export function tally(experiment: string, events: Iterable<Event>, { goals, run }: TallyOptions): Tally[] {
  const counted = [...once(events)].filter((event) => (event.run ?? null) === run);
  const exposures = firstExposures(experiment, counted);
  const converted = new Map(goals.map((goal) => [goal, new Set<string>()]));
  for (const event of counted) {
    const exposure = exposures.get(event.deviceId);
    if (exposure && Date.parse(event.ts) >= exposure.ts) converted.get(event.event)?.add(event.deviceId);
  }
  const tallies = new Map<
    string,
    { experiment: string; epoch: number; group: string; devices: number; conversions: Map<string, number> }
  >();
  for (const [deviceId, { epoch, group }] of exposures) {
    const key = JSON.stringify([epoch, group]);
    let entry = tallies.get(key);
    if (!entry) {
      entry = { experiment, epoch, group, devices: 0, conversions: new Map(goals.map((goal) => [goal, 0])) };
      tallies.set(key, entry);
    }
    entry.devices += 1;
    for (const [goal, devices] of converted) {
      if (devices.has(deviceId)) entry.conversions.set(goal, (entry.conversions.get(goal) ?? 0) + 1);
    }
  }
  return [...tallies.values()].sort((a, b) => a.epoch - b.epoch || compareCodePoints(a.group, b.group));
}

function firstExposures(experiment: string, events: readonly Event[]): Map<string, Exposure> {
  const exposures = new Map<string, Exposure>();
  for (const event of events) {
    const { group, epoch } = event;
    if (event.event !== "exposure" || event.experiment !== experiment || group === undefined || epoch === undefined)
      continue;
    const ts = Date.parse(event.ts);
    const earlier = exposures.get(event.deviceId);
    if (!earlier || ts < earlier.ts) exposures.set(event.deviceId, { epoch, group, ts });
  }
  return exposures;
}

function* once(events: Iterable<Event>): Iterable<Event> {
  const seen = new Set<string>();
  for (const event of events) {
    if (seen.has(event.id)) continue;
    seen.add(event.id);
    yield event;
  }
}
