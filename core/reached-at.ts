import { countedEvents } from "./counted-events.ts";
import type { Event } from "./event.ts";
import { firstExposures, isExposure } from "./first-exposures.ts";

/** A planned size of an epoch. */
export interface PlannedSize {
  readonly run: string | null;
  readonly epoch: number;
  /** Devices that each group has to have, as `plannedDevices` says; a group that needs 0 is waited for by nobody. */
  readonly groups: readonly { readonly name: string; readonly devices: number }[];
}

/**
 * When every group had as many devices as planned; null as long as one has not. The tally `until` then is the one to decide
 * by, and stays what it is however many devices come later.
 *
 * @returns ISO 8601 time in UTC with milliseconds
 * @throws RangeError when a number of devices is not a whole number ≥ 0
 */
export function reachedAt(experiment: string, events: Iterable<Event>, planned: PlannedSize): string | null {
  const needed = neededDevices(planned);
  const counted = countedEvents(events, { run: planned.run }, (event) => isExposure(event, experiment));
  const exposures = [...firstExposures(experiment, counted).values()].filter(({ epoch }) => epoch === planned.epoch);
  const times = needed.map(({ name, devices }) => {
    const ofGroup = exposures.filter(({ group }) => group === name).map(({ at }) => at);
    return ofGroup.sort((a, b) => a - b)[devices - 1] ?? null;
  });
  return latest(times);
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

/** The last of times in milliseconds as ISO 8601; null when one is missing, or there are none. */
export function latest(times: readonly (number | null)[]): string | null {
  const last = times.reduce((a, b) => (a === null || b === null ? null : Math.max(a, b)), times[0] ?? null);
  return last === null ? null : new Date(last).toISOString();
}
