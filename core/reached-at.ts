import { countedEvents } from "./counted-events.ts";
import { type EpochEnd, endTimes, isLate } from "./epoch-end.ts";
import type { Event } from "./event.ts";
import { firstExposures, isExposure } from "./first-exposures.ts";

/** A planned size of an epoch. */
export interface PlannedSize {
  readonly run: string | null;
  readonly epoch: number;
  /** Devices that each group has to have, as `plannedDevices` says; a group that needs 0 is waited for by nobody. */
  readonly groups: readonly { readonly name: string; readonly devices: number }[];
  /** How long a device is waited for after its first exposure: the window of the primary goal; not at all when left out. */
  readonly windowMs?: number | null;
  /** Epochs that have ended: a later exposure exposes nobody. */
  readonly ends?: readonly EpochEnd[];
}

/**
 * When every group had as many devices as planned whose window had closed; null as long as one has not. The tally `until` then is the one to decide
 * by, and stays what it is however many devices come later.
 *
 * @returns ISO 8601 time in UTC with milliseconds
 * @throws RangeError when a number of devices is not a whole number ≥ 0
 */
export function reachedAt(experiment: string, events: Iterable<Event>, planned: PlannedSize): string | null {
  const needed = neededDevices(planned);
  const ends = endTimes(planned.ends);
  const counted = countedEvents(
    events,
    { run: planned.run },
    (event, at) => isExposure(event, experiment) && !isLate(event, at, experiment, ends),
  );
  const exposures = [...firstExposures(experiment, counted).values()].filter(({ epoch }) => epoch === planned.epoch);
  const times = needed.map(({ name, devices }) => {
    const ofGroup = exposures.filter(({ group }) => group === name).map(({ at }) => at);
    return ofGroup.sort((a, b) => a - b)[devices - 1] ?? null;
  });
  return latest(times, planned);
}

/** The groups that are waited for. Throws RangeError. */
export function neededDevices({ groups }: PlannedSize): PlannedSize["groups"] {
  for (const { name, devices } of groups) {
    if (!Number.isSafeInteger(devices) || devices < 0) {
      throw new RangeError(`devices of group "${name}" is ${devices}: allowed are whole numbers ≥ 0`);
    }
  }
  return groups.filter(({ devices }) => devices > 0);
}

/** When the window of the last of some exposures (in milliseconds) closes; null when one is missing, or there are none. */
export function latest(times: readonly (number | null)[], { windowMs }: Pick<PlannedSize, "windowMs">): string | null {
  const last = times.reduce((a, b) => (a === null || b === null ? null : Math.max(a, b)), times[0] ?? null);
  return last === null ? null : new Date(last + (windowMs ?? 0)).toISOString();
}
