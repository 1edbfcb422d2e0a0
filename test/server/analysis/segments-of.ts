import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "../../../core/event.ts";
import type { EventFile } from "../../../server/analysis/log-source.ts";

/** A segment of lines, with the indices of its events. */
export interface Segment extends EventFile {
  readonly from: number;
  readonly to: number;
}

/** Writes a log as segments that end before these events. */
export async function writeSegments(
  folder: string,
  log: readonly Event[],
  cuts: readonly number[],
): Promise<Segment[]> {
  const bounds = [0, ...[...cuts].map((cut) => Math.min(cut, log.length)).sort((a, b) => a - b), log.length];
  return Promise.all(
    bounds.slice(1).map(async (to, i) => {
      const from = bounds[i] ?? 0;
      const path = join(folder, `${String(i + 1).padStart(8, "0")}.ndjson`);
      const lines = log.slice(from, to).map((event) => `${JSON.stringify(event)}\n`);
      await writeFile(path, lines.join(""));
      return { path, format: "ndjson", from, to } as const;
    }),
  );
}
