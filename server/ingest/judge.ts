import type { EventText } from "../../core/event-text.ts";
import { STICKY_EVENTS } from "../../core/sticky/sticky-events.ts";
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
  // Several requests come in a millisecond; to write two times takes as long as to read an event.
  if (last.received !== received || last.firstStart !== firstStart) {
    const bounds = {
      earliest: firstStart === null ? ANY_TIME : new Date(Date.parse(firstStart) - DAY_MS).toISOString(),
      latest: new Date(received + MAX_AHEAD_MS).toISOString(),
    };
    last = { received, firstStart, bounds };
  }
  return last.bounds;
}

let last: { readonly received: number; readonly firstStart: string | null; readonly bounds: TimeBounds } = {
  received: Number.NaN,
  firstStart: null,
  bounds: { earliest: "", latest: "" },
};

/** Found in every exposure and assignment: its writer may add spaces. */
const MARK = /"event"\s*:\s*"(?:exposure|assignment)"/;

/**
 * Events with `uncounted` on exposures and assignments that cannot be true: they count for nothing,
 * and fix nobody's group. Parses these only.
 *
 * @param receivedAt ISO 8601 time in UTC with milliseconds
 * @param isChosenElsewhere whether units may have groups that our hash does not give them
 */
export function judged(
  events: readonly EventText[],
  epochs: Pick<KnownEpochs, "judge">,
  receivedAt: string,
  isChosenElsewhere = false,
): readonly EventText[] {
  // Most requests have none. Events that are stored as received share one text, searched once.
  let searched: string | undefined;
  const mayHaveOne = events.some(({ text }) => {
    if (text === searched) return false;
    searched = text;
    return text.includes('"exposure"') || text.includes('"assignment"');
  });
  if (!mayHaveOne) return events;
  return events.map((event) => {
    const text = event.text.slice(event.start, event.end);
    if (!MARK.test(text)) return event;
    const exposure = JSON.parse(text);
    const { event: name, experiment, group, epoch } = exposure;
    if (!STICKY_EVENTS.includes(name) || experiment === undefined || group === undefined || epoch === undefined)
      return event;
    const reason = epochs.judge(exposure, receivedAt);
    if (reason === "group" && isChosenElsewhere) return event;
    return reason === null ? event : { ...event, addition: `${event.addition},"uncounted":"${reason}"` };
  });
}
