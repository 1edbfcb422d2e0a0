import { BadConfig } from "../files/bad-config.ts";
import { readEvent } from "./scan-log.ts";
import { statSegmentFile } from "./segment-file.ts";
import { scanLines } from "./segments.ts";

/** Number and latest time of the events of a file of lines. */
export interface Survey {
  readonly events: number;
  /** Latest time of receipt, ISO 8601 in UTC; null without events. */
  readonly lastAt: string | null;
}

/** Reads a closed segment. Throws BadConfig if it ends within a line. */
export async function survey(path: string): Promise<Survey> {
  let last = Number.NEGATIVE_INFINITY;
  let events = 0;
  const { size } = await statSegmentFile(path);
  const end = await scanLines(path, 0, size, (buffer, from, to) => {
    const event = readEvent(buffer.toString("utf8", from, to));
    if (event === null) return;
    events += 1;
    const at = Date.parse(event.receivedAt ?? event.ts);
    if (at > last) last = at;
  });
  if (end < size) throw new BadConfig(`${path} ends within a line: start the server once, or look at it`);
  return { events, lastAt: Number.isFinite(last) ? new Date(last).toISOString() : null };
}
