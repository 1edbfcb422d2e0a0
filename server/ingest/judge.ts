import type { EventText } from "../../core/event-text.ts";
import type { TimeBounds } from "../../core/timestamp.ts";
import type { KnownEpochs } from "../registry/known-epochs.ts";

const DAY_MS = 86_400_000;
/** Clocks of visitors may be ahead by so much; arbitrary. */
const MAX_AHEAD_MS = 600_000;

/** While no experiment was ever started, no time can change a result. */
const ANY_TIME = "0000-01-01T00:00:00.000Z";

/**
 * Times that are believed of an event: from a day before the first experiment was started until
 * 10 minutes after it was received.
 *
 * @param received milliseconds since 1970
 */
export function believedTimes({ firstStart }: Pick<KnownEpochs, "firstStart">, received: number): TimeBounds {
  return {
    earliest: firstStart === null ? ANY_TIME : new Date(Date.parse(firstStart) - DAY_MS).toISOString(),
    latest: new Date(received + MAX_AHEAD_MS).toISOString(),
  };
}

/** Found in every exposure: its writer may add spaces. */
const MARK = /"event"\s*:\s*"exposure"/;

/**
 * Events with `uncounted` on exposures that cannot be true. Parses exposures only.
 *
 * @param receivedAt ISO 8601 time in UTC with milliseconds
 */
export function judged(
  events: readonly EventText[],
  epochs: Pick<KnownEpochs, "judge">,
  receivedAt: string,
): readonly EventText[] {
  // Most requests have none. Events that are stored as received share one text.
  const texts = new Set(events.map(({ text }) => text));
  if (![...texts].some((text) => text.includes('"exposure"'))) return events;
  return events.map((event) => {
    const text = event.text.slice(event.start, event.end);
    if (!MARK.test(text)) return event;
    const { event: name, experiment, group, epoch, deviceId, accountId } = JSON.parse(text);
    if (name !== "exposure" || experiment === undefined || group === undefined || epoch === undefined) return event;
    const reason = epochs.judge({ experiment, group, epoch, deviceId, accountId }, receivedAt);
    return reason === null ? event : { ...event, addition: `${event.addition},"uncounted":"${reason}"` };
  });
}
