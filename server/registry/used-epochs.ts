import { fieldsOf, scanLog } from "../events/scan-log.ts";
import { listSegments } from "../events/segments.ts";

const MARK = Buffer.from('"epoch":');

/**
 * The highest epoch of each experiment with events in the log, up to `mostOf(key)`: events can be
 * forged, and must not raise an experiment's epoch without bound.
 */
export async function usedEpochs(
  eventsFolder: string,
  mostOf: (key: string) => number,
): Promise<ReadonlyMap<string, number>> {
  const used = new Map<string, number>();
  const last = (await listSegments(eventsFolder).catch(() => [])).at(-1);
  if (last === undefined) return used;
  const end = { segment: last, offset: Number.MAX_SAFE_INTEGER };
  await scanLog(eventsFolder, { segment: 0, offset: 0 }, end, (line) => {
    const { experiment, epoch } = line.includes(MARK) ? fieldsOf(line) : {};
    if (typeof experiment !== "string" || typeof epoch !== "number" || epoch > mostOf(experiment)) return;
    if (epoch > (used.get(experiment) ?? -1)) used.set(experiment, epoch);
  });
  return used;
}
