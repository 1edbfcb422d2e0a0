import { MAX_TEXT_LENGTH } from "../core/event-limits.ts";
import { safely } from "./safely.ts";

/**
 * Characters of an event, of 3 bytes at most: beyond 64 KiB the server takes no request, nor does
 * one outlive its page.
 */
const MAX_EVENT_LENGTH = 20_000;

/**
 * An event as JSON. A long text goes with one character more than the server stores, which then
 * says what it cut; params that have no JSON, or too much, stay behind.
 */
export function eventText(event: object): string {
  const text = safely(() => JSON.stringify(event, plain));
  return text && text.length < MAX_EVENT_LENGTH
    ? text
    : JSON.stringify({ ...event, params: null, dropped: ["params"] }, plain);
}

/**
 * The value itself, and not what a page's own `toJSON` makes of it; only moments have a good one.
 */
function plain(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const own = this[name];
  return typeof own === "string" ? own.slice(0, MAX_TEXT_LENGTH + 1) : own instanceof Date ? value : own;
}
