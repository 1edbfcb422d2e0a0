import type { Counted } from "./counted-events.ts";
import type { Event } from "./event.ts";

/** A device's first exposure to an experiment, which fixes its group and epoch. */
export interface FirstExposure {
  readonly epoch: number;
  readonly group: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** An event that exposes its device to an experiment. */
export type Exposure = Event & { readonly group: string; readonly epoch: number };

/** Rule 5 of `tally`. */
export function isExposure(event: Event, experiment: string): event is Exposure {
  return (
    event.event === "exposure" &&
    event.experiment === experiment &&
    event.group !== undefined &&
    event.epoch !== undefined &&
    event.uncounted == null
  );
}

/**
 * Each device's first exposure to an experiment, by rule 7 of `tally`, from events in log order.
 */
export function firstExposures(experiment: string, counted: readonly Counted[]): Map<string, FirstExposure> {
  const exposures = new Map<string, FirstExposure>();
  for (const { event, at } of counted) {
    if (!isExposure(event, experiment)) continue;
    const earlier = exposures.get(event.deviceId);
    if (!earlier || at < earlier.at) exposures.set(event.deviceId, { epoch: event.epoch, group: event.group, at });
  }
  return exposures;
}
