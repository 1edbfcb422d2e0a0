import { BadPosition } from "./log.ts";
import type { Position } from "./segments.ts";

const TEXT = /^(\d{1,8})-(\d{1,15})$/;

/** A place in the log as it stands in a URL. */
export function formatPosition({ segment, offset }: Position): string {
  return `${segment}-${offset}`;
}

/** Throws BadPosition on what is none. */
export function parsePosition(text: string): Position {
  const [, segment, offset] = TEXT.exec(text) ?? [];
  if (segment === undefined || offset === undefined) throw new BadPosition(`"${text}" is not a position`);
  return { segment: Number(segment), offset: Number(offset) };
}
