import { MAX_DROPPED } from "../core/event-limits.ts";
import { eventText } from "./event-text.ts";

/**
 * Maximum characters of an event, of 3 bytes at most: the server rejects requests beyond 64 KiB,
 * and browsers do not keep them alive after their page.
 */
export const MAX_EVENT_LENGTH = 20_000;

/** An event as JSON, without the params that would make it too long for a request. */
export function boundedText(event: object): string {
  const text = eventText(event);
  if (text.length < MAX_EVENT_LENGTH) return text;
  const whole = JSON.parse(text) as { params?: unknown; dropped?: string[] };
  const dropped = whole.dropped ?? [];
  const params: Record<string, unknown> = {};
  let length = text.length - (JSON.stringify(whole.params)?.length ?? 0);
  for (const [name, value] of Object.entries(Object(whole.params))) {
    length += JSON.stringify([name, value]).length;
    if (length < MAX_EVENT_LENGTH) params[name] = value;
    else dropped.push(`params.${name}`);
  }
  return JSON.stringify({ ...whole, params, dropped: dropped.slice(0, MAX_DROPPED) });
}
