import type { Event } from "../../core/event.ts";

let made = 0;

/** A second of a day. */
export const at = (second: number) => new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString();

export function event(name: string, deviceId: string, second: number, more: Partial<Event> = {}): Event {
  made += 1;
  return { id: `event-${made}`, ts: at(second), deviceId, event: name, source: "browser", params: {}, ...more };
}

export const exposure = (deviceId: string, second: number, group: string, more: Partial<Event> = {}) =>
  event("exposure", deviceId, second, { experiment: "headline_test", group, epoch: 1, ...more });

export const click = (deviceId: string, second: number, more: Partial<Event> = {}) =>
  event("button_click", deviceId, second, more);

export const order = (deviceId: string, second: number, value?: number) =>
  event("order", deviceId, second, value === undefined ? {} : { value });
