import type { Event } from "../core/event.ts";
import { isCounted } from "../core/reason.ts";
import type { ResultsRead } from "./checks/results.ts";
import type { Click, Visit } from "./driver.ts";
import type { Rates } from "./rates.ts";
import type { Seen } from "./read-page.ts";
import type { Claims } from "./server-client.ts";

/**
 * Everything observed in a run, from both ends: the server's claims, what visitors saw and did, and
 * the stored events.
 */
export interface Observations {
  readonly claims: Claims;
  readonly rates: Rates;
  /** Visits in the order of their index. */
  readonly visits: readonly Visit[];
  /** Events of this run, in log order. */
  readonly events: readonly Event[];
  /** By experiment, counted by the server from this run's events. */
  readonly results: ReadonlyMap<string, ResultsRead>;
}

type Placeholder = Seen["placeholders"][number];

/**
 * Determines the rendered group by comparing the placeholder's content with each template. `hint`
 * decides when several templates have the same content and it is one of them. Null when the page
 * shows something else.
 */
export function groupShown({ rendered, variants }: Placeholder, hint?: string): string | null {
  const same = variants.filter(({ html }) => html === rendered).map(({ group }) => group);
  return (hint !== undefined && same.includes(hint) ? hint : same[0]) ?? null;
}

/**
 * Keys of the experiments that have a placeholder on the page and are known to the server, in page
 * order.
 */
export function experimentsOnPage({ visits, claims }: Pick<Observations, "visits" | "claims">): string[] {
  const keys = new Set<string>();
  for (const { seen } of visits) for (const { experiment } of seen?.placeholders ?? []) keys.add(experiment);
  return [...keys].filter((key) => Object.hasOwn(claims, key));
}

/** Group shown per experiment, for one visitor. */
export function groupsShown(seen: Seen): Map<string, string | null> {
  return new Map(seen.placeholders.map((placeholder) => [placeholder.experiment, groupShown(placeholder)]));
}

/**
 * The element that a visitor of a placeholder may click: its first, or else the page's first one
 * outside all placeholders, if that is the same goal.
 */
export function clickableOf({ placeholders, outside = [] }: Seen, { experiment, clicks }: Placeholder): Click | null {
  const [own] = clicks;
  if (own !== undefined) return { experiment, event: own };
  const goal = placeholders.find((each) => each.clicks.length > 0)?.clicks[0];
  const event = goal === undefined ? outside[0] : outside.find((each) => each === goal);
  return event === undefined ? null : { experiment: "", event };
}

/** Experiments whose visitors may click: these have an effect of their own. */
export function experimentsWithClicks({ visits }: Pick<Observations, "visits">): string[] {
  const keys = new Set<string>();
  for (const { seen } of visits) {
    for (const placeholder of seen?.placeholders ?? [])
      if (clickableOf(seen as Seen, placeholder) !== null) keys.add(placeholder.experiment);
  }
  return [...keys];
}

/** Groups of a device that the server recorded none of. */
export const NO_GROUPS: Readonly<Record<string, string>> = {};

/** Groups of a device, by experiment, that the server recorded with its answer. */
export function assignedGroups({
  events,
}: Pick<Observations, "events">): (deviceId: string) => Readonly<Record<string, string>> {
  const assigned = new Map<string, unknown>();
  for (const { event, source, deviceId = "", params } of events) {
    if (event === "exp_groups" && source === "backend") assigned.set(deviceId, params);
  }
  return (deviceId) => (assigned.get(deviceId) ?? NO_GROUPS) as Readonly<Record<string, string>>;
}

/**
 * Assignment reason of a device where neither the experiment's state nor its weights explain the
 * group: the reason that the server recorded with the assignment (for example a holdout, or an
 * allocation with other weights). Null otherwise.
 */
export type ReasonOf = (deviceId: string, experiment: string) => string | null;

export function recordedReasons({ events }: Pick<Observations, "events">): ReasonOf {
  const byDevice = new Map<string, Readonly<Record<string, string>>>();
  for (const { event, source, deviceId = "", reasons } of events) {
    if (event === "exp_groups" && source === "backend" && typeof reasons === "object" && reasons !== null) {
      byDevice.set(deviceId, reasons as Record<string, string>);
    }
  }
  return (deviceId, experiment) => {
    const reasons = byDevice.get(deviceId);
    return reasons && Object.hasOwn(reasons, experiment) ? (reasons[experiment] ?? null) : null;
  };
}

/** True if a device takes part in an experiment: the tag then reports its exposure. */
export function takesPart(claims: Claims, reasonOf: ReasonOf, deviceId: string, experiment: string): boolean {
  const reason = reasonOf(deviceId, experiment);
  return claims[experiment]?.state === "active" && (reason === null || isCounted(reason));
}

/**
 * Expected share of each group: by weight when active, otherwise everything to the one group that
 * is shown.
 */
export function expectedShares(claims: Claims, key: string): Map<string, number> {
  const claim = claims[key];
  const groups = Object.entries(claim?.groups ?? {});
  if (claim?.state === "inactive") return new Map(groups.map(([name]) => [name, name === claim.fallback ? 1 : 0]));
  const total = groups.reduce((sum, [, weight]) => sum + weight, 0);
  return new Map(groups.map(([name, weight]) => [name, weight / total]));
}
