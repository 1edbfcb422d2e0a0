import type { Event } from "../core/event.ts";
import { isCounted } from "../core/reason.ts";
import type { Visit } from "./driver.ts";
import type { Seen } from "./in-page.ts";
import type { Rates } from "./rates.ts";
import type { Claims } from "./server-client.ts";

/** Everything a run has seen, from both ends: what the server claims, what visitors saw and did, what the server stored. */
export interface Observations {
  readonly claims: Claims;
  readonly rates: Rates;
  /** In the order of their index. */
  readonly visits: readonly Visit[];
  /** The run's events, in log order. */
  readonly events: readonly Event[];
}

type Placeholder = Seen["placeholders"][number];

/**
 * The group whose variant is really in the page, read from the content: which template does it equal? When several have the
 * same content, `hint` decides, if it is one of them. Null when the page shows something else.
 */
export function groupShown({ rendered, variants }: Placeholder, hint?: string): string | null {
  const same = variants.filter(({ html }) => html === rendered).map(({ group }) => group);
  return (hint !== undefined && same.includes(hint) ? hint : same[0]) ?? null;
}

/** Keys of the experiments that have a placeholder on the page and that the server knows, in the order of the page. */
export function experimentsOnPage({ visits, claims }: Pick<Observations, "visits" | "claims">): string[] {
  const keys = new Set<string>();
  for (const { seen } of visits) for (const { experiment } of seen?.placeholders ?? []) keys.add(experiment);
  return [...keys].filter((key) => Object.hasOwn(claims, key));
}

/** Group shown by experiment, for one visitor. */
export function groupsShown(seen: Seen): Map<string, string | null> {
  return new Map(seen.placeholders.map((placeholder) => [placeholder.experiment, groupShown(placeholder)]));
}

/** The experiments in whose variants there is something to click: these have an effect of their own. */
export function experimentsWithClicks({ visits }: Pick<Observations, "visits">): string[] {
  const keys = new Set<string>();
  for (const { seen } of visits) {
    for (const { experiment, clicks } of seen?.placeholders ?? []) if (clicks.length > 0) keys.add(experiment);
  }
  return [...keys];
}

/**
 * Why a device got its group of an experiment, where neither the experiment's state nor its weights say: what the server
 * recorded with the assignment (it left the device out, say, or by a rule gave it other weights). Null otherwise.
 */
export type ReasonOf = (deviceId: string, experiment: string) => string | null;

export function recordedReasons({ events }: Pick<Observations, "events">): ReasonOf {
  const byDevice = new Map<string, Readonly<Record<string, string>>>();
  for (const { event, source, deviceId, reasons } of events) {
    if (event === "exp_groups" && source === "backend" && typeof reasons === "object" && reasons !== null) {
      byDevice.set(deviceId, reasons as Record<string, string>);
    }
  }
  return (deviceId, experiment) => {
    const reasons = byDevice.get(deviceId);
    return reasons && Object.hasOwn(reasons, experiment) ? (reasons[experiment] ?? null) : null;
  };
}

/** Whether a device takes part in an experiment: the tag then reports its exposure. */
export function takesPart(claims: Claims, reasonOf: ReasonOf, deviceId: string, experiment: string): boolean {
  const reason = reasonOf(deviceId, experiment);
  return claims[experiment]?.state === "active" && (reason === null || isCounted(reason));
}

/** The share of the devices that each group should get: by weight when active, else all to the one group that is shown. */
export function expectedShares(claims: Claims, key: string): Map<string, number> {
  const claim = claims[key];
  const groups = Object.entries(claim?.groups ?? {});
  if (claim?.state === "inactive") return new Map(groups.map(([name]) => [name, name === claim.fallback ? 1 : 0]));
  const total = groups.reduce((sum, [, weight]) => sum + weight, 0);
  return new Map(groups.map(([name, weight]) => [name, weight / total]));
}
