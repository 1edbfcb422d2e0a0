/** A clock that is less off is left as it is: so long a request may take, and nothing tells the two apart. */
export const MIN_CORRECTION_MS = 10_000;

/**
 * What has to be added to the times of a request's events, so that they are the server's: how far the sender's clock was
 * behind when it sent them. 0 where nobody knows, and where it may be the time that the request took.
 *
 * @param sent the sender's clock when it sent the events, in milliseconds since 1970
 * @param received the server's when it received them
 */
export function clockCorrection(sent: number | null, received: number): number {
  if (sent === null) return 0;
  const behind = received - sent;
  return Math.abs(behind) < MIN_CORRECTION_MS ? 0 : behind;
}

/** A time of an event by the server's clock; the same where that would be on no calendar. */
export function corrected(ts: string, clockMs: number): string {
  const at = Date.parse(ts) + clockMs;
  return at >= FIRST && at <= LAST ? new Date(at).toISOString() : ts;
}

const FIRST = Date.parse("0000-01-01T00:00:00.000Z");
const LAST = Date.parse("9999-12-31T23:59:59.999Z");
