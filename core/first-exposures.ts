import type { Counted } from "./counted-events.ts";
import type { Event } from "./event.ts";
import type { Unit } from "./experiment.ts";
import { unitOf } from "./unit.ts";

/** A unit's first exposure to an experiment, which fixes its group and epoch. */
export interface FirstExposure {
  readonly epoch: number;
  readonly group: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Place among the events that count. */
  readonly place: number;
}

/** An event that exposes its unit to an experiment. */
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
 * Each unit's first exposure to an experiment, by rule 7 of `tally`, from events in log order.
 */
export function firstExposures(
  experiment: string,
  counted: readonly Counted[],
  unit: Unit = "device",
): Map<string, FirstExposure> {
  const exposures = new Map<string, FirstExposure>();
  counted.forEach(({ event, at }, place) => {
    if (!isExposure(event, experiment)) return;
    const id = unitOf(event, unit);
    if (id === null) return;
    const earlier = exposures.get(id);
    if (!earlier || at < earlier.at) exposures.set(id, { epoch: event.epoch, group: event.group, at, place });
  });
  return exposures;
}
