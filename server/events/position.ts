import type { Position } from "./segments.ts";

/** Not a position where an event of the log begins. */
export class BadPosition extends Error {}

const TEXT = /^(\d{1,8})-(\d{1,15})$/;

/** A log position as written in URLs. */
export function formatPosition({ segment, offset }: Position): string {
  return `${segment}-${offset}`;
}

/** Throws BadPosition when the text is not a position. */
export function parsePosition(text: string): Position {
  const [, segment, offset] = TEXT.exec(text) ?? [];
  if (segment === undefined || offset === undefined) throw new BadPosition(`"${text}" is not a position`);
  return { segment: Number(segment), offset: Number(offset) };
}

/** Whether position `a` is after `b` in the log. */
export function isAfter(a: Position, b: Position): boolean {
  return a.segment === b.segment ? a.offset > b.offset : a.segment > b.segment;
}

export function laterOf(a: Position, b: Position): Position {
  return isAfter(a, b) ? a : b;
}
