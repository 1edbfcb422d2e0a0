import type { Experiment } from "../../core/experiment.ts";
import { type Standing, standingOf } from "../../core/rehearsal/standing.ts";
import { HeardEvents } from "../events/heard-events.ts";
import type { Registry } from "../registry/registry.ts";
import { type RehearsalDevices, rehearsalDevices } from "../tokens/rehearsal-devices.ts";
import { openRehearsalStore, type RehearsalStore } from "./store.ts";

/** Everything of rehearsals that the server keeps: their devices, events in memory, and reports. */
export interface Rehearsals {
  readonly devices: RehearsalDevices;
  readonly heard: HeardEvents;
  readonly store: RehearsalStore;
}

interface Deps {
  /** The folder of the reports, made with the first of them. */
  readonly folder: string;
  readonly secret: Buffer;
  /** Reports end with their experiments. */
  readonly registry: Pick<Registry, "get" | "onWrite">;
  readonly onError: (error: Error) => void;
}

export async function openRehearsals({ folder, secret, registry, onError }: Deps): Promise<Rehearsals> {
  const store = await openRehearsalStore(folder);
  const follow = () => store.keepOnly((key) => registry.get(key) !== undefined).catch(onError);
  await follow();
  registry.onWrite(() => void follow());
  return { devices: rehearsalDevices(secret), heard: new HeardEvents(), store };
}

/** How experiments stand before their start. */
export function standings({ store }: Pick<Rehearsals, "store">): (experiment: Experiment) => Standing {
  return (experiment) => standingOf(experiment, store.head(experiment.key));
}
