import { crossTally } from "../../../core/cross-tally.ts";
import type { Event } from "../../../core/event.ts";
import { eventTest, selectorsOf } from "../../../core/goal-events.ts";
import { reachedAt } from "../../../core/reached-at.ts";
import { sharedTallies } from "../../../core/shared-tally.ts";
import { countedGoals, type TallyOptions, tally } from "../../../core/tally.ts";
import { traffic } from "../../../core/traffic.ts";
import type { Analysis } from "../../../server/analysis/contract.ts";
import type { EventLog } from "../../../server/events/log.ts";

/** Counts by the definition itself, with all relevant events in memory at once. */
export function analysisByDefinition(log: Pick<EventLog, "read">): Analysis {
  const eventsOf = async (goals: TallyOptions["goals"]): Promise<Event[]> => {
    const isGoal = selectorsOf(countedGoals({ goals })).map(eventTest);
    const { events } = await log.read({
      since: null,
      limit: Number.POSITIVE_INFINITY,
      where: (event) =>
        event.event === "exposure" || event.accountId !== undefined || isGoal.some((test) => test(event)),
    });
    return events;
  };
  return {
    tally: async (experiment, options) => tally(experiment, await eventsOf(options.goals), options),
    reachedAt: async (experiment, planned) => reachedAt(experiment, await eventsOf([]), planned),
    traffic: async (experiment, options) => traffic(experiment, await eventsOf([]), options),
    crossTally: async (a, b, scope) => crossTally(a, b, await eventsOf([]), scope),
    async crossTallies(crossings, scope) {
      const events = await eventsOf([]);
      return crossings.map(([a, b]) => crossTally(a, b, events, scope));
    },
    sharedTallies: async (experiments, scope) => sharedTallies(experiments, await eventsOf([]), scope),
  };
}
