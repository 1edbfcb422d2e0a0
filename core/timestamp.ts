import * as v from "valibot";

const FORMAT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** What an error says of a time. */
export const TIME_ALLOWED = "an ISO 8601 time in UTC such as 2026-01-31T12:00:00.000Z";

/** A moment as text; one that the calendar has, because databases refuse 30 February. */
export const timestamp = (allowed = TIME_ALLOWED) =>
  v.pipe(
    v.string(allowed),
    v.check((time) => FORMAT.test(time) && exists(time), allowed),
  );

/** JavaScript reads 30 February as 2 March. */
function exists(time: string): boolean {
  const ms = Date.parse(time);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(time.slice(0, 19));
}
