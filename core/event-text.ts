import type { Event } from "./event.ts";

/**
 * An event ready to be stored, as a range of a text: its JSON on one line, whose first field is its
 * ID. A range instead of a substring: creating unused short strings would take most of a busy
 * server's time.
 */
export interface EventText {
  readonly text: string;
  /** Offset of the event's opening brace. */
  readonly start: number;
  /** Offset after its closing brace. */
  readonly end: number;
  /** Text to insert before the closing brace, with its comma; empty for none. */
  readonly addition: string;
}

/** `{"id":"` */
const BEFORE_ID = 7;

/** Text of an event that was parsed or created here. */
export function writeEvent(event: Event): EventText {
  const text = JSON.stringify(event);
  return { text, start: 0, end: text.length, addition: "" };
}

/** Offset at which the event's ID begins. */
export function idStart({ start }: EventText): number {
  return start + BEFORE_ID;
}

/** Offset after the event's ID. */
export function idEnd({ text, start }: EventText): number {
  return text.indexOf('"', start + BEFORE_ID);
}
