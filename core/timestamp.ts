import * as v from "valibot";

/** Source of the pattern of timestamps. */
export const TIME_FORMAT = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?Z";
const WHOLE = new RegExp(`^${TIME_FORMAT}$`);

/** Text of errors about invalid times. */
export const TIME_ALLOWED = "an ISO 8601 time in UTC such as 2026-01-31T12:00:00.000Z";

/** Schema of a timestamp. It must be on the calendar, because databases reject 30 February. */
export const timestamp = (allowed = TIME_ALLOWED) => v.pipe(v.string(allowed), v.check(isTimestamp, allowed));

/** Whether a text is a timestamp. */
export function isTimestamp(time: string): boolean {
  return WHOLE.test(time) && isOnCalendar(time, 0);
}

/**
 * Whether the timestamp at an offset of a text, which matches the pattern, is on the calendar. Does
 * not use Date, which reads 30 February as 2 March and takes longer than all other checks of an
 * event.
 */
export function isOnCalendar(text: string, start: number): boolean {
  const month = twoDigits(text, start + 5);
  const day = twoDigits(text, start + 8);
  if (month < 1 || month > 12 || day < 1) return false;
  if (twoDigits(text, start + 11) > 23 || twoDigits(text, start + 14) > 59 || twoDigits(text, start + 17) > 59) {
    return false;
  }
  return day <= 28 || day <= daysOf(month, twoDigits(text, start) * 100 + twoDigits(text, start + 2));
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

function daysOf(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** ISO 8601 times in UTC with milliseconds. */
export interface TimeBounds {
  readonly earliest: string;
  readonly latest: string;
}

/** Length of a time up to the second. */
const TO_SECONDS = 19;

/**
 * Whether a valid time at an offset of a text is within bounds, to the second. Compares characters,
 * because a substring would cost more than all other checks of a plain event.
 */
export function isWithin(text: string, offset: number, { earliest, latest }: TimeBounds): boolean {
  return order(text, offset, earliest) >= 0 && order(text, offset, latest) <= 0;
}

function order(text: string, offset: number, bound: string): number {
  for (let index = 0; index < TO_SECONDS; index += 1) {
    const difference = text.charCodeAt(offset + index) - bound.charCodeAt(index);
    if (difference !== 0) return difference;
  }
  return 0;
}
