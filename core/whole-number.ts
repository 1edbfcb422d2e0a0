import * as v from "valibot";

/** A whole number that a double holds exactly, at least `least`. `allowed` is what an error says. */
export const wholeNumber = (allowed: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(allowed), v.safeInteger(allowed), v.minValue(least, allowed), v.maxValue(most, allowed));
