import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { eventOf } from "./journal.ts";
import { runKilledAt } from "./killed-command.ts";

/** Closed segments of a log that may be archived. */
export const SEGMENTS = 3;
/** Events of each segment. */
export const LINES = 60;
const BEFORE = "2026-01-01";

/**
 * Writes closed segments of the year before, and an open one, in place of a folder's log.
 *
 * @param prefix beginning of the IDs
 * @param deviceOf device of the event with that number in its segment, and end of the event's ID:
 * copies hold only a hash of the device; default that of `eventOf`
 */
export async function writeSegments(data: string, prefix: string, deviceOf?: (n: number) => string): Promise<void> {
  await rm(join(data, "events"), { recursive: true });
  await mkdir(join(data, "events"));
  for (let segment = 1; segment <= SEGMENTS + 1; segment += 1) {
    const receivedAt = segment > SEGMENTS ? "2026-02-01T00:00:00.000Z" : `2025-1${segment - 1}-01T00:00:00.000Z`;
    const lines = Array.from({ length: LINES }, (_, n) => {
      const device = deviceOf?.(n);
      const event = eventOf(`${prefix}-${segment}-${n}${device ? `-${device}` : ""}`);
      return JSON.stringify({ ...event, deviceId: device ?? event.deviceId, source: "test", receivedAt });
    });
    const name = `${String(segment).padStart(8, "0")}.ndjson`;
    await writeFile(join(data, "events", name), lines.map((line) => `${line}\n`).join(""));
  }
}

/** Exit code of `archive` of the closed segments, killed at a step; see `runKilledAt`. */
export function archiveKilledAt(killAt: number, program: string, data: string, to: string): number | null {
  return runKilledAt(killAt, program, ["archive", "--before", BEFORE, "--to", to, "--data", data]);
}

/** Lines of the segments of the log and of the listed archive, by where they are. */
export async function linesOf(data: string): Promise<{ log: string[]; archive: string[] }> {
  const events = join(data, "events");
  const names = (await readdir(events)).filter((name) => /^\d+\.ndjson$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(events, name), "utf8")));
  const list = await readFile(join(data, "archive.json"), "utf8").catch(() => "[]");
  const archived = JSON.parse(list) as { segment: number; folder: string }[];
  const packed = await Promise.all(
    archived.map(async ({ segment, folder }) =>
      gunzipSync(await readFile(join(folder, `${String(segment).padStart(8, "0")}.ndjson.gz`))).toString(),
    ),
  );
  const lines = (parts: readonly string[]) => parts.join("").split("\n").filter(Boolean);
  return { log: lines(texts), archive: lines(packed) };
}
