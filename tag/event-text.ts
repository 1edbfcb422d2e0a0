import { MAX_TEXT_LENGTH } from "../core/event-limits.ts";
import { safely } from "./safely.ts";

/**
 * Maximum characters of an event, of 3 bytes at most: the server rejects requests beyond 64 KiB,
 * and browsers do not keep them alive after their page.
 */
const MAX_EVENT_LENGTH = 20_000;

/**
 * An event as JSON. Long texts are cut one character above the server's limit, so that the server
 * records the cut; params without JSON, or too large, are omitted.
 */
export function eventText(event: object): string {
  const text = safely(() => JSON.stringify(event, plain));
  return text && text.length < MAX_EVENT_LENGTH
    ? text
    : JSON.stringify({ ...event, params: null, dropped: ["params"] }, plain);
}

/** JSON replacer that ignores a page's own `toJSON`, except that of dates. */
function plain(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const own = this[name];
  return typeof own === "string" ? own.slice(0, MAX_TEXT_LENGTH + 1) : own instanceof Date ? value : own;
}
