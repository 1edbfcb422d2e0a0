import { countedEvents } from "./counted-events.ts";
import { type EpochEnd, endTimes, isLate } from "./epoch-end.ts";
import type { Event } from "./event.ts";
import type { Exclusion } from "./exclusion.ts";
import type { Unit } from "./experiment.ts";
import { firstExposures, isExposure } from "./first-exposures.ts";

/** Required sample size of an epoch. */
export interface PlannedSize {
  readonly run: string | null;
  /** The counted unit; default `device`. */
  readonly unit?: Unit;
  readonly epoch: number;
  /** Required devices of each group, as in `plannedDevices`; groups that need 0 are ignored. */
  readonly groups: readonly { readonly name: string; readonly devices: number }[];
  /** Window of the primary goal after a device's first exposure; default none. */
  readonly windowMs?: number | null;
  /** Ended epochs: later exposures do not count. */
  readonly ends?: readonly EpochEnd[];
  /** Parts of the log to leave out. */
  readonly exclusions?: readonly Exclusion[];
}

/**
 * Time at which every group had its required devices with closed windows; null while one has not.
 * The tally `until` then decides the test, and later devices do not change it. Exposures count in
 * the order in which the server received them: no event sent later, whatever its time, changes when
 * a plan was reached.
 *
 * @returns ISO 8601 time in UTC with milliseconds
 * @throws RangeError if a number of devices is not a whole number ≥ 0
 */
export function reachedAt(experiment: string, events: Iterable<Event>, planned: PlannedSize): string | null {
  const needed = neededDevices(planned);
  const ends = endTimes(planned.ends);
  const counted = countedEvents(
    events,
    { run: planned.run, exclusions: planned.exclusions ?? [] },
    (event, at) => isExposure(event, experiment) && !isLate(event, at, experiment, ends),
    true,
  );
  const exposures = [...firstExposures(experiment, counted, planned.unit).values()].filter(
    ({ epoch }) => epoch === planned.epoch,
  );
  const times = needed.map(({ name, devices }) => {
    const ofGroup = exposures.filter(({ group }) => group === name).map(({ at }) => at);
    return ofGroup.sort((a, b) => a - b)[devices - 1] ?? null;
  });
  return latest(times, planned);
}

/** Groups with required devices. Throws RangeError. */
export function neededDevices({ groups }: PlannedSize): PlannedSize["groups"] {
  for (const { name, devices } of groups) {
    if (!Number.isSafeInteger(devices) || devices < 0) {
      throw new RangeError(`devices of group "${name}" is ${devices}: allowed are whole numbers ≥ 0`);
    }
  }
  return groups.filter(({ devices }) => devices > 0);
}

/**
 * Time at which the last of the exposures' windows closes, in milliseconds; null when one is
 * missing, or there are none.
 */
export function latest(times: readonly (number | null)[], { windowMs }: Pick<PlannedSize, "windowMs">): string | null {
  const last = times.reduce((a, b) => (a === null || b === null ? null : Math.max(a, b)), times[0] ?? null);
  return last === null ? null : new Date(last + (windowMs ?? 0)).toISOString();
}
