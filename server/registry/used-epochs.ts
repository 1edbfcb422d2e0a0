import { listSegments, readLines } from "../events/segments.ts";

/**
 * The highest epoch of each experiment that has events in the log, up to `mostOf(key)`: anybody can
 * send an event, and what it says must not carry an experiment's epoch to the end of the numbers.
 */
export async function usedEpochs(
  eventsFolder: string,
  mostOf: (key: string) => number,
): Promise<ReadonlyMap<string, number>> {
  const used = new Map<string, number>();
  const last = (await listSegments(eventsFolder).catch(() => [])).at(-1);
  if (last === undefined) return used;
  const end = { segment: last, offset: Number.MAX_SAFE_INTEGER };
  for await (const { text } of readLines(eventsFolder, { segment: 0, offset: 0 }, end)) {
    const { experiment, epoch } = text.includes('"epoch":') ? read(text) : {};
    if (typeof experiment !== "string" || typeof epoch !== "number" || epoch > mostOf(experiment)) continue;
    if (epoch > (used.get(experiment) ?? -1)) used.set(experiment, epoch);
  }
  return used;
}

function read(line: string): { experiment?: unknown; epoch?: unknown } {
  try {
    return JSON.parse(line) as object;
  } catch {
    return {};
  }
}
