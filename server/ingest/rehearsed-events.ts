import type { EventText } from "../../core/event-text.ts";
import type { HeardEvents } from "../events/heard-events.ts";
import type { RehearsalDevices } from "../tokens/rehearsal-devices.ts";

/** Parts that take the events of rehearsals. */
export interface RehearsalEar {
  readonly devices: RehearsalDevices;
  readonly heard: HeardEvents;
}

/**
 * Takes the events of rehearsals out of those that are to be stored, and returns the others. They
 * were parsed like all others, so that a rehearsal learns what would have been rejected.
 */
export function takeRehearsed(events: readonly EventText[], { devices, heard }: RehearsalEar): readonly EventText[] {
  return events.filter(({ text, start, end, addition }) => {
    const whole = `${text.slice(start, end - 1)}${addition}}`;
    if (!whole.includes(devices.mark)) return true;
    const { id, deviceId } = JSON.parse(whole) as { id: string; deviceId?: string };
    if (deviceId === undefined || !devices.has(deviceId)) return true;
    heard.add(id, { deviceId, text: whole });
    return false;
  });
}
