import { millisecondsOf } from "../../server/analysis/log-source.ts";

/** Fields that every event has that a server of ours has stored, beside those with a role. */
const ALWAYS = ["id", "source", "receivedAt"];

/**
 * Columns of staged events for what the server adds to an event that it stores, and the page that
 * its goals of pages are counted by.
 */
export const MARKS = "received_ms, net, uncounted, with_key, path";

/** The same of events that no server has marked. */
export const NO_MARKS =
  "cast(null as bigint) as received_ms, cast(null as varchar) as net, cast(null as varchar) as uncounted, false as with_key, cast(null as varchar) as path";

/** Condition of events that expose a visitor: no server has left them out as impossible. */
export const EXPOSES = "name = 'exposure' and uncounted is null and epoch is not null";

/** Whether columns are those of our own log. */
export function isServerLog(columns: readonly string[]): boolean {
  return ALWAYS.every((name) => columns.includes(name));
}

/**
 * The epoch of an exposure from its text. In our own log one without an epoch exposes nobody: a
 * server cannot judge it.
 */
export function epochSql(columns: readonly string[]): string {
  const epoch = "try_cast(epoch_text as bigint)";
  return isServerLog(columns) ? epoch : `coalesce(${epoch}, 1)`;
}

/** The marks of events from the columns of a table; none of another system's log. */
export function marksSql(columns: readonly string[]): string {
  if (!isServerLog(columns)) return NO_MARKS;
  const cell = (name: string) => (columns.includes(name) ? `c${columns.indexOf(name)}` : "cast(null as varchar)");
  return `${millisecondsOf(cell("receivedAt"))} as received_ms, ${cell("net")} as net, ${cell("uncounted")} as uncounted,
          coalesce(${cell("withKey")} = 'true', false) as with_key, ${cell("path")} as path`;
}
