import type { Event } from "../../core/event.ts";
import { listSegments, type Position, scanLines, segmentPath, segmentSize } from "./segments.ts";

/**
 * Calls `onLine` for each whole line of a log from `from` up to `to`, oldest first. The bytes of
 * `line` may only be used during the call; `end` is the position after the line.
 */
export async function scanLog(
  folder: string,
  from: Position,
  to: Position,
  onLine: (line: Buffer, end: Position) => void,
): Promise<void> {
  for (const segment of await listSegments(folder)) {
    if (segment < from.segment || segment > to.segment) continue;
    const path = segmentPath(folder, segment);
    let offset = segment === from.segment ? from.offset : 0;
    const last = segment === to.segment ? to.offset : await segmentSize(folder, segment);
    if (offset >= last) continue;
    await scanLines(path, offset, last, (buffer, start, stop) => {
      offset += stop - start + 1;
      onLine(buffer.subarray(start, stop), { segment, offset });
    });
  }
}

/**
 * The fields of a line of the log; none when it holds no event. They were checked before they were
 * written.
 */
export function fieldsOf(line: Buffer): Partial<Event> {
  return parseLine(line.toString("utf8")) ?? {};
}

/** The event of a line of the log; null when it holds none. */
export function readEvent(text: string): Event | null {
  const event = parseLine(text);
  const { id, deviceId, accountId } = event ?? {};
  return typeof id === "string" && typeof (deviceId ?? accountId) === "string" ? (event as Event) : null;
}

function parseLine(text: string): Partial<Event> | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The position that is `bytes` before another; the beginning of a log that is shorter. */
export async function positionBefore(folder: string, end: Position, bytes: number): Promise<Position> {
  let missing = bytes - end.offset;
  if (missing <= 0) return { segment: end.segment, offset: -missing };
  const earlier = (await listSegments(folder)).filter((segment) => segment < end.segment);
  for (const segment of earlier.reverse()) {
    const size = await segmentSize(folder, segment);
    if (size >= missing) return { segment, offset: size - missing };
    missing -= size;
  }
  return { segment: 0, offset: 0 };
}
