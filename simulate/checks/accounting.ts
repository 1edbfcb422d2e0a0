import type { Event } from "../../core/event.ts";
import { groupsShown, type Observations, recordedReasons, takesPart } from "../observations.ts";
import type { Seen } from "../read-page.ts";
import type { Check } from "./check.ts";

export interface Accounting {
  /**
   * Expected events: a page view of each page with the tag, an exposure per active experiment that
   * the visitor takes part in (`empty_variant` where its variant is empty by accident, so that the
   * page's own content is shown), an `unknown_placeholder` per placeholder without an experiment,
   * and the clicks.
   */
  readonly sent: number;
  readonly stored: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Stored events that no visitor caused. */
  readonly unexpected: number;
  /** The first difference in a sentence. */
  readonly first: string | null;
}

/**
 * Checks that every event that visitors caused is in the log exactly once, and nothing else. No
 * statistics: a single lost click fails it.
 */
export function checkAccounting(observations: Observations): { accounting: Accounting; check: Check } {
  const stored = new Map<string, number>();
  for (const event of observations.events) countStored(stored, event);
  return compareCounts(expectedEvents(observations), stored);
}

/** Counts an event of the log, unless the server made it. */
export function countStored(stored: Map<string, number>, { deviceId = "", event, source, experiment }: Event): void {
  if (source !== "backend") add(stored, deviceId, event, experiment);
}

/** Numbers of events that may be lost, doubled, or there without a visitor. */
export type AccountingLimits = Pick<Accounting, "lost" | "duplicates" | "unexpected">;

const NONE: AccountingLimits = { lost: 0, duplicates: 0, unexpected: 0 };

/** Compares events by device, event and experiment. */
export function compareCounts(
  sent: ReadonlyMap<string, number>,
  stored: ReadonlyMap<string, number>,
  limits: AccountingLimits = NONE,
): { accounting: Accounting; check: Check } {
  let lost = 0;
  let duplicates = 0;
  let unexpected = 0;
  const wrong: string[] = [];
  const compare = (what: string, expected: number, found: number) => {
    if (found === expected) return;
    if (found < expected) lost += expected - found;
    else if (expected === 0) unexpected += found;
    else duplicates += found - expected;
    if (wrong.length > 0) return;
    const [deviceId, event, experiment] = what.split(SEPARATOR);
    wrong.push(
      `${event}${experiment ? ` of ${experiment}` : ""} by device ${deviceId}: sent ${expected}, stored ${found}`,
    );
  };
  for (const [what, expected] of sent) compare(what, expected, stored.get(what) ?? 0);
  for (const [what, found] of stored) if (!sent.has(what)) compare(what, 0, found);
  const accounting = { sent: sum(sent), stored: sum(stored), lost, duplicates, unexpected, first: wrong[0] ?? null };
  return { accounting, check: accountingCheck(accounting, limits) };
}

export function accountingCheck(accounting: Accounting, limits: AccountingLimits = NONE): Check {
  const { sent, stored, lost, duplicates, unexpected, first } = accounting;
  return {
    name: "accounting",
    ok: lost <= limits.lost && duplicates <= limits.duplicates && unexpected <= limits.unexpected,
    tested: true,
    detail:
      `sent ${sent}, stored ${stored}, lost ${lost}, duplicates ${duplicates}, unexpected ${unexpected}` +
      (first === null ? "" : `; first: ${first}`),
  };
}

function expectedEvents(observations: Observations): Map<string, number> {
  const { visits, claims } = observations;
  const reasonOf = recordedReasons(observations);
  const isDecided = Object.keys(claims).length > 0;
  const sent = new Map<string, number>();
  for (const { seen, clicks } of visits) {
    if (!seen) continue;
    for (let page = 0; page < (seen.pageviews ?? 1); page += 1) add(sent, seen.deviceId, "pageview");
    for (const [key, group] of groupsShown(seen)) {
      const isEmpty = group === null && hasEmptyVariant(seen, key);
      if (isEmpty && Object.hasOwn(claims, key)) add(sent, seen.deviceId, "empty_variant", key);
      else if (takesPart(claims, reasonOf, seen.deviceId, key)) add(sent, seen.deviceId, "exposure", key);
      if (isDecided && !Object.hasOwn(claims, key)) add(sent, seen.deviceId, "unknown_placeholder", key);
    }
    for (const { experiment, event } of clicks) add(sent, seen.deviceId, event, experiment);
  }
  return sent;
}

function hasEmptyVariant(seen: Seen, key: string): boolean {
  return seen.placeholders.some(
    ({ experiment, variants }) =>
      experiment === key && variants.some(({ html, isEmptyOnPurpose }) => html === "" && !isEmptyOnPurpose),
  );
}

/** No ID and no name has it. */
const SEPARATOR = "\0";

/** Counts an event of a device; the key is short, because there are millions. */
export function add(counts: Map<string, number>, deviceId: string, event: string, experiment = ""): void {
  const key = `${deviceId}${SEPARATOR}${event}${SEPARATOR}${experiment}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
