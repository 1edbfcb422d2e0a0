import type { DrillFault } from "./fault-names.ts";

/** An event as the page reported it, or as it is stored; only what both have. */
export interface CountedEvent {
  readonly deviceId: string;
  readonly event: string;
  readonly experiment?: string | undefined;
  readonly group?: string | undefined;
}

/** A visitor of a drill, as the page showed it. */
export interface DrillVisit {
  readonly phase: "before" | "during" | "after";
  /** From the placeholders in the page to content in all of them; null if some got none. */
  readonly contentMs: number | null;
  /** Errors of the page's scripts. */
  readonly errors: readonly string[];
  /** Events that the tag reported. */
  readonly reported: readonly CountedEvent[];
  /** True if the server had acknowledged all of it in the end. */
  readonly isDelivered: boolean;
}

/** Result of a fault. */
export interface FaultOutcome {
  readonly name: DrillFault;
  readonly ok: boolean;
  readonly visits: number;
  /** Requests that the fault hit. */
  readonly hit: number;
  /** Longest time without content, of `limitMs`. */
  readonly longestContentMs: number;
  readonly limitMs: number;
  readonly withoutContent: number;
  readonly pageErrors: readonly string[];
  readonly sent: number;
  readonly stored: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly unexpected: number;
  readonly undelivered: number;
  /** From the end of the fault until the last event was acknowledged. */
  readonly recoveryMs: number;
}

/** The run's facts beside visits and events. */
export interface FaultFacts extends Pick<FaultOutcome, "name" | "hit" | "limitMs" | "recoveryMs"> {}

/**
 * Judges a fault: content in time, no page error, every reported event stored exactly once and
 * nothing else.
 *
 * @param stored the log's events of visitors, without assignments
 */
export function judgeFault(
  facts: FaultFacts,
  visits: readonly DrillVisit[],
  stored: readonly (CountedEvent & { readonly id: string })[],
): FaultOutcome {
  const reported = countBy(visits.flatMap((visit) => visit.reported));
  const found = countBy(stored);
  let lost = 0;
  let excess = 0;
  for (const [key, count] of reported) lost += Math.max(0, count - (found.get(key) ?? 0));
  for (const [key, count] of found) excess += Math.max(0, count - (reported.get(key) ?? 0));
  const duplicates = stored.length - new Set(stored.map(({ id }) => id)).size;
  const times = visits.flatMap(({ contentMs }) => contentMs ?? []);
  const longestContentMs = times.length === 0 ? 0 : Math.max(...times);
  const withoutContent = visits.length - times.length;
  const pageErrors = [...new Set(visits.flatMap(({ errors }) => errors))];
  const undelivered = visits.filter(({ isDelivered }) => !isDelivered).length;
  const sent = visits.reduce((sum, visit) => sum + visit.reported.length, 0);
  return {
    ...facts,
    ok:
      lost + excess + duplicates + undelivered + withoutContent + pageErrors.length === 0 &&
      longestContentMs <= facts.limitMs &&
      facts.hit > 0 &&
      sent > 0,
    visits: visits.length,
    longestContentMs,
    withoutContent,
    pageErrors,
    sent,
    stored: stored.length,
    lost,
    duplicates,
    // An event stored under two IDs is here, too: only its first copy was reported.
    unexpected: excess - duplicates < 0 ? 0 : excess - duplicates,
    undelivered,
  };
}

function countBy(events: readonly CountedEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { deviceId, event, experiment = "", group = "" } of events) {
    const key = JSON.stringify([deviceId, event, experiment, group]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
