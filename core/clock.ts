/** Smallest correction: a smaller offset may be the time that the request took. */
export const MIN_CORRECTION_MS = 10_000;

/**
 * Milliseconds to add to the times of a request's events to convert them to the server's clock: how
 * far the sender's clock was behind. 0 if unknown, or if it may be the duration of the request.
 *
 * @param sent the sender's clock when it sent the events, in milliseconds since 1970
 * @param received the server's clock when it received them
 */
export function clockCorrection(sent: number | null, received: number): number {
  if (sent === null) return 0;
  const behind = received - sent;
  return Math.abs(behind) < MIN_CORRECTION_MS ? 0 : behind;
}

/**
 * An event's time by the server's clock; unchanged when the result would be outside the calendar.
 */
export function corrected(ts: string, clockMs: number): string {
  const at = Date.parse(ts) + clockMs;
  return at >= FIRST && at <= LAST ? new Date(at).toISOString() : ts;
}

const FIRST = Date.parse("0000-01-01T00:00:00.000Z");
const LAST = Date.parse("9999-12-31T23:59:59.999Z");
