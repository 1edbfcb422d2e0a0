import type { Event } from "./event.ts";

/**
 * An event ready to be stored, as a part of a text: its JSON without line ends, whose first field is its id. The part is not
 * cut out, because most of a busy server's time would go into short strings that nobody reads.
 */
export interface EventText {
  readonly text: string;
  /** Where the event's opening brace is. */
  readonly start: number;
  /** Behind its closing brace. */
  readonly end: number;
  /** What has to stand before the closing brace, with its comma; empty for nothing. */
  readonly addition: string;
}

/** `{"id":"` */
const BEFORE_ID = 7;

/** The text of an event that was parsed or made here. */
export function writeEvent(event: Event): EventText {
  const text = JSON.stringify(event);
  return { text, start: 0, end: text.length, addition: "" };
}

/** Where the event's id begins. */
export function idStart({ start }: EventText): number {
  return start + BEFORE_ID;
}

/** Behind the event's id. */
export function idEnd({ text, start }: EventText): number {
  return text.indexOf('"', start + BEFORE_ID);
}
