import type { Experiment } from "../../core/experiment.ts";
import { type Standing, standingOf } from "../../core/rehearsal/standing.ts";
import { HeardEvents } from "../events/heard-events.ts";
import { type RehearsalDevices, rehearsalDevices } from "../tokens/rehearsal-devices.ts";
import { openRehearsalStore, type RehearsalStore } from "./store.ts";

/** Everything of rehearsals that the server keeps: their devices, events in memory, and reports. */
export interface Rehearsals {
  readonly devices: RehearsalDevices;
  readonly heard: HeardEvents;
  readonly store: RehearsalStore;
}

/**
 * @param folder of the reports, made with the first of them
 */
export async function openRehearsals(folder: string, secret: Buffer): Promise<Rehearsals> {
  return {
    devices: rehearsalDevices(secret),
    heard: new HeardEvents(),
    store: await openRehearsalStore(folder),
  };
}

/** How experiments stand before their start. */
export function standings({ store }: Pick<Rehearsals, "store">): (experiment: Experiment) => Standing {
  return (experiment) => standingOf(experiment, store.head(experiment.key));
}
