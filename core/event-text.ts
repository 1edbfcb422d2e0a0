import type { Event } from "./event.ts";

/** An event ready to be stored: its id, and its text on one line that begins with that id. */
export interface EventText {
  readonly id: string;
  readonly text: string;
}

/** The text of an event that was parsed or made here. */
export function writeEvent(event: Event): EventText {
  return { id: event.id, text: JSON.stringify(event) };
}
