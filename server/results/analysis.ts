import type { Scope } from "../../core/counted-events.ts";
import { type Crossing, type CrossTally, crossTally } from "../../core/cross-tally.ts";
import type { Event } from "../../core/event.ts";
import { type PlannedSize, reachedAt } from "../../core/reached-at.ts";
import { type Tally, type TallyOptions, tally } from "../../core/tally.ts";
import type { EventLog } from "../events/log.ts";

/** What counts the log, by the rules of `core/tally.ts`. */
export interface Analysis {
  tally(experiment: string, options: TallyOptions): Promise<Tally>;
  /** When every group had its planned number of devices; null while one has not. */
  reachedAt(experiment: string, planned: PlannedSize): Promise<string | null>;
  crossTally(a: Crossing, b: Crossing, scope: Scope): Promise<CrossTally>;
  /** Several of them at once. */
  crossTallies(crossings: readonly (readonly [a: Crossing, b: Crossing])[], scope: Scope): Promise<CrossTally[]>;
}

/** Counts by the definition itself, which has all events that matter in memory at once. */
export function analysisByDefinition(log: Pick<EventLog, "read">): Analysis {
  const eventsOf = async (names: readonly string[]): Promise<Event[]> => {
    const wanted = new Set(["exposure", ...names]);
    const { events } = await log.read({
      since: null,
      limit: Number.POSITIVE_INFINITY,
      where: ({ event }) => wanted.has(event),
    });
    return events;
  };
  return {
    tally: async (experiment, options) => tally(experiment, await eventsOf(options.goals), options),
    reachedAt: async (experiment, planned) => reachedAt(experiment, await eventsOf([]), planned),
    crossTally: async (a, b, scope) => crossTally(a, b, await eventsOf([]), scope),
    async crossTallies(crossings, scope) {
      const events = await eventsOf([]);
      return crossings.map(([a, b]) => crossTally(a, b, events, scope));
    },
  };
}
