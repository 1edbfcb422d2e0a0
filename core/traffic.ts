import type { Event } from "./event.ts";
import { type Exclusion, isExcluded, knownAt } from "./exclusion.ts";

/** Origin of an epoch's exposures, and the exposures that do not count. */
export interface Traffic {
  /** Networks with a large share of a day's exposures, largest first. */
  readonly networks: readonly NetworkShare[];
  /** Exposures that the server marked, by its reason; largest first. */
  readonly uncounted: readonly UncountedExposures[];
  /** Exposures that an admin left out. */
  readonly excluded: number;
}

/** Exposures of one network on one day, by the server's clock. */
export interface NetworkShare {
  /** Keyed hash, 8 hex digits; changes daily. */
  readonly network: string;
  /** Day in UTC, such as `2026-01-31`. */
  readonly day: string;
  readonly exposures: number;
  /** Exposures of that day from all networks. */
  readonly ofDay: number;
}

export interface UncountedExposures {
  readonly reason: string;
  readonly exposures: number;
  /** Number of their networks; each counts once per day. */
  readonly networks: number;
}

export interface TrafficOptions {
  readonly epoch: number;
  readonly exclusions?: readonly Exclusion[];
}

/** Share of a day's exposures above which a network is shown; arbitrary. */
export const MAX_NETWORK_SHARE = 0.2;
/**
 * Days with no more exposures than this show no network: a single office would be a large share.
 */
export const MIN_DAY_EXPOSURES = 200;
export const MAX_NETWORKS = 20;
const DAY_MS = 86_400_000;

/**
 * Traffic of an epoch, from events of real visitors. Exposures of a nonexistent epoch are included
 * in every epoch.
 */
export function traffic(
  experiment: string,
  events: Iterable<Event>,
  { epoch, exclusions = [] }: TrafficOptions,
): Traffic {
  const days = new Map<number, number>();
  const networks = new Map<string, { network: string; day: number; exposures: number }>();
  const reasons = new Map<string, { exposures: number; networks: Set<string> }>();
  let excluded = 0;
  for (const event of events) {
    const at = Date.parse(event.ts);
    if (event.event !== "exposure" || event.experiment !== experiment || event.run !== undefined) continue;
    const { uncounted, net } = event;
    if (Number.isNaN(at) || event.group === undefined) continue;
    if (event.epoch === undefined || (event.epoch !== epoch && uncounted !== "epoch")) continue;
    const known = knownAt(event, at);
    const day = Math.floor(known / DAY_MS);
    const place = `${day} ${net ?? ""}`;
    if (uncounted != null) {
      const reason = reasons.get(uncounted) ?? { exposures: 0, networks: new Set() };
      reason.exposures += 1;
      reasons.set(uncounted, { ...reason, networks: reason.networks.add(place) });
    } else if (isExcluded(event, known, exclusions)) {
      excluded += 1;
    } else {
      days.set(day, (days.get(day) ?? 0) + 1);
      if (net === undefined) continue;
      const before = networks.get(place)?.exposures ?? 0;
      networks.set(place, { network: net, day, exposures: before + 1 });
    }
  }
  return {
    networks: [...networks.values()]
      .map(({ day, ...rest }) => ({ ...rest, day: dayName(day), ofDay: days.get(day) ?? 0 }))
      .filter(({ exposures, ofDay }) => ofDay > MIN_DAY_EXPOSURES && exposures > MAX_NETWORK_SHARE * ofDay)
      .sort((a, b) => b.exposures - a.exposures || (`${a.day} ${a.network}` < `${b.day} ${b.network}` ? -1 : 1))
      .slice(0, MAX_NETWORKS),
    uncounted: [...reasons]
      .map(([reason, found]) => ({ reason, exposures: found.exposures, networks: found.networks.size }))
      .sort(byExposures),
    excluded,
  };
}

/** Largest first, then by name. */
export function byExposures(a: UncountedExposures, b: UncountedExposures): number {
  return b.exposures - a.exposures || (a.reason < b.reason ? -1 : 1);
}

/** Name of a day since 1970. */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
