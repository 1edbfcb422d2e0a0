import { STICKY_EVENTS } from "../../core/sticky/sticky-events.ts";
import { fieldsOf } from "../events/scan-log.ts";

/**
 * Parts of the two names whose first letter is rare in other lines. Node searches for at most six
 * bytes by that letter, eight times as fast as for a longer text.
 */
const MARKS = ["xposur", "gnment"].map((mark) => Buffer.from(mark));
const NEWLINE = 0x0a;

/** Fields of an exposure, or an assignment, in the log. */
export interface ExposureLine {
  readonly experiment: string;
  readonly group: string;
  readonly epoch: number;
  readonly deviceId: string | undefined;
  readonly accountId: string | undefined;
  readonly receivedAt: string | undefined;
}

/**
 * The exposures and assignments among whole lines of the log, in their order; other lines are not
 * parsed.
 */
export function* exposuresIn(lines: Buffer): Generator<ExposureLine> {
  const next = MARKS.map((mark) => lines.indexOf(mark));
  for (;;) {
    const at = Math.min(...next.filter((found) => found !== -1));
    if (at === Number.POSITIVE_INFINITY) return;
    const start = lines.lastIndexOf(NEWLINE, at) + 1;
    const newline = lines.indexOf(NEWLINE, at);
    const end = newline === -1 ? lines.length : newline;
    const exposure = exposureOf(lines.subarray(start, end));
    if (exposure) yield exposure;
    MARKS.forEach((mark, place) => {
      const found = next[place] as number;
      if (found !== -1 && found < end) next[place] = lines.indexOf(mark, end);
    });
  }
}

function exposureOf(line: Buffer): ExposureLine | null {
  const { event, experiment, group, epoch, deviceId, accountId, receivedAt, uncounted } = fieldsOf(line);
  if (uncounted !== undefined) return null;
  if (!STICKY_EVENTS.includes(event) || typeof experiment !== "string" || typeof group !== "string") return null;
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch)) return null;
  return {
    experiment,
    group,
    epoch,
    deviceId: text(deviceId),
    accountId: text(accountId),
    receivedAt: text(receivedAt),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
