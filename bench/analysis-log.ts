import { open } from "node:fs/promises";
import { segmentPath } from "../server/events/segments.ts";

const SEGMENT_BYTES = 64 * 1024 * 1024;
const CHUNK_LINES = 20_000;
/** Events of one device, on average. */
const EVENTS_PER_DEVICE = 5;
/** Devices that are on the site at once, so that their events lie among those of others. */
const AT_ONCE = 50_000;
const START = Date.UTC(2026, 0, 1);
/** Arbitrary: 10 million events are two weeks. */
const MS_BETWEEN = 120;

/**
 * Writes the segments of a log, the same for the same number: two experiments of two groups each,
 * page views, clicks and orders. Lines of some 190 bytes, of the fields that the tag sends. Returns
 * the bytes.
 */
export async function writeLog(folder: string, events: number): Promise<number> {
  const random = xorshift();
  const hex = () => random().toString(16).padStart(8, "0");
  const devices: string[] = [];
  let met = 0;
  let segment = 1;
  let file = await open(segmentPath(folder, segment), "w");
  let bytes = 0;
  let total = 0;
  let lines: string[] = [];
  for (let i = 0; i < events; i += 1) {
    let device = devices[random() % Math.max(1, devices.length)] ?? "";
    const isNew = i % EVENTS_PER_DEVICE === 0;
    if (isNew) {
      device = `${hex()}${hex()}${hex()}`;
      devices[met % AT_ONCE] = device;
      met += 1;
    }
    const head = `{"id":"${hex()}-${hex()}-${hex()}-${hex()}","ts":"${new Date(START + i * MS_BETWEEN).toISOString()}","deviceId":"${device}"`;
    lines.push(`${head}${isNew ? exposure("homepage_button_test", device) : tail(random(), device)}\n`);
    if (lines.length < CHUNK_LINES && i < events - 1) continue;
    const chunk = Buffer.from(lines.join(""));
    lines = [];
    if (bytes >= SEGMENT_BYTES) {
      await file.close();
      segment += 1;
      file = await open(segmentPath(folder, segment), "w");
      bytes = 0;
    }
    await file.write(chunk);
    bytes += chunk.length;
    total += chunk.length;
  }
  await file.close();
  return total;
}

function exposure(experiment: string, device: string): string {
  const group = device.charCodeAt(experiment.length % 8) % 2 === 0 ? "A" : "B";
  return `,"event":"exposure","experiment":"${experiment}","params":{},"group":"${group}","epoch":1,"source":"browser"}`;
}

function tail(random: number, device: string): string {
  const kind = random % 20;
  if (kind < 3) return exposure("homepage_button_test", device);
  if (kind < 6) return exposure("checkout_test", device);
  if (kind < 14) return `,"path":"/products/${random % 977}","event":"pageview","params":{},"source":"browser"}`;
  if (kind < 18) return ',"event":"button_click","params":{"btn_type":"A"},"source":"browser"}';
  return `,"event":"order","params":{},"value":${(random % 20_000) / 100},"source":"browser"}`;
}

/** Whole numbers of 32 bits (Marsaglia's xorshift128), always the same ones. */
function xorshift(): () => number {
  let [x, y, z, w] = [123456789, 362436069, 521288629, 88675123];
  return () => {
    const t = x ^ (x << 11);
    [x, y, z] = [y, z, w];
    w = (w ^ (w >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    return w;
  };
}
