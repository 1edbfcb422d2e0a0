import { readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import { ExposedToday } from "../../../server/events/exposed-today.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { listSegments, segmentPath, segmentSizes } from "../../../server/events/segments.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const TODAY = new Date("2026-01-31T12:00:00.000Z");
const anything = () => ({ unit: "device" as const, firstEpoch: 0 });
let ids = 0;

const exposure = (experiment: string, deviceId: string, more: Partial<Event> = {}): Event => {
  ids += 1;
  const ts = TODAY.toISOString();
  return { id: `x-${ids}`, ts, deviceId, event: "exposure", source: "test", params: {}, experiment, ...more };
};

async function openLog(folder?: string, segmentBytes?: number) {
  const where = folder ?? (await temporaryFolder());
  const log = await openEventLog(where, segmentBytes === undefined ? {} : { segmentBytes });
  onTestFinished(() => log.close());
  return { log, folder: where };
}

test("counts each device once, by experiment, and goes on where it was", async () => {
  const { log } = await openLog();
  const count = async () => Object.fromEntries((await log.exposedToday(TODAY, anything)).devices);
  expect(await count()).toEqual({});
  await log.append([exposure("a", "d1"), exposure("a", "d2"), exposure("a", "d1"), exposure("b", "d1")]);
  expect(await count()).toEqual({ a: 2, b: 1 });
  await log.append([exposure("a", "d2"), exposure("a", "d3")]);
  expect(await count()).toEqual({ a: 3, b: 1 });
  expect((await log.exposedToday(TODAY, anything)).isComplete).toBe(true);
});

test.each<[what: string, event: Event]>([
  ["another event", exposure("a", "d1", { event: "pageview", params: { said: '"exposure"' } })],
  ["another day", exposure("a", "d1", { ts: "2026-01-30T23:59:59.999Z" })],
  ["a simulator's run", exposure("a", "d1", { run: "r1" })],
  ["no experiment of ours", exposure("elsewhere", "d1")],
])("leaves out %s", async (_, event) => {
  const { log } = await openLog();
  await log.append([event, exposure("a", "d9")]);
  const { devices } = await log.exposedToday(TODAY, (key) => (key === "a" ? anything() : undefined));
  expect(Object.fromEntries(devices)).toEqual({ a: 1 });
});

test("counts the experiment's own units, and every exposure where each request is another unit", async () => {
  const { log } = await openLog();
  const account = (device: string, accountId: string) => exposure("a", device, { accountId, session_id: "s1" });
  await log.append([account("d1", "a1"), account("d2", "a1"), account("d3", "a2"), exposure("a", "d4")]);
  const counted = async (unit: "account" | "session" | "random") =>
    (await log.exposedToday(TODAY, () => ({ unit, firstEpoch: 0 }))).devices;
  expect((await counted("account")).get("a")).toBe(2);
  const { log: other } = await openLog();
  await other.append([account("d1", "a1"), account("d1", "a1")]);
  expect((await other.exposedToday(TODAY, () => ({ unit: "random", firstEpoch: 0 }))).devices.get("a")).toBe(2);
});

test("leaves out those of a removed experiment with the same key, whenever they were counted", async () => {
  const { log } = await openLog();
  const count = async (firstEpoch: number) =>
    (await log.exposedToday(TODAY, () => ({ unit: "device", firstEpoch }))).devices.get("a");
  await log.append([exposure("a", "d1", { epoch: 1 }), exposure("a", "d2", { epoch: 2 })]);
  expect(await count(0)).toBe(2);
  expect(await count(3)).toBe(undefined);
  await log.append([exposure("a", "d3", { epoch: 2 }), exposure("a", "d1", { epoch: 3 })]);
  expect(await count(3)).toBe(1);
});

test("counts anew after midnight", async () => {
  const { log } = await openLog();
  await log.append([exposure("a", "d1")]);
  expect((await log.exposedToday(TODAY, anything)).devices.get("a")).toBe(1);
  await log.append([exposure("a", "d1", { ts: "2026-02-01T00:00:00.000Z" }), exposure("a", "d2")]);
  const tomorrow = new Date("2026-02-01T00:00:01.000Z");
  expect(Object.fromEntries((await log.exposedToday(tomorrow, anything)).devices)).toEqual({ a: 1 });
});

test("counts again after a restart, in all segments of today and none that was full before", async () => {
  const { log, folder } = await openLog(undefined, 400);
  for (let n = 0; n < 12; n += 1) await log.append([exposure("a", `d${n}`)]);
  await log.close();
  const segments = await listSegments(folder);
  expect(segments.length).toBeGreaterThan(2);
  const [first, ...others] = segments.map((segment) => segmentPath(folder, segment));
  const linesOfFirst = (await readFile(first ?? "", "utf8")).split("\n").length - 1;
  for (const path of others) await utimes(path, TODAY, TODAY);
  const counted = async () => {
    const { log: again } = await openLog(folder, 400);
    const { devices } = await again.exposedToday(TODAY, anything);
    await again.close();
    return devices.get("a");
  };
  await utimes(first ?? "", TODAY, TODAY);
  expect(await counted()).toBe(12);
  const yesterday = new Date("2026-01-30T23:59:59.000Z");
  await utimes(first ?? "", yesterday, yesterday);
  expect(await counted()).toBe(12 - linesOfFirst);
});

test("says that it is not complete when there are more than it remembers", async () => {
  const { log, folder } = await openLog();
  await log.append(Array.from({ length: 20 }, (_, n) => exposure("a", `d${n}`)));
  const end = { segment: 1, offset: (await segmentSizes(folder))[0] ?? 0 };
  const few = new ExposedToday(join(folder), 5);
  expect(await few.count(end, TODAY, anything)).toEqual({ devices: new Map([["a", 5]]), isComplete: false });
  const all = new ExposedToday(folder, 20);
  expect(await all.count(end, TODAY, anything)).toEqual({ devices: new Map([["a", 20]]), isComplete: true });
});

test("calls at once are counted one after the other", async () => {
  const { log } = await openLog();
  await log.append(Array.from({ length: 50 }, (_, n) => exposure("a", `d${n % 25}`)));
  const counts = await Promise.all(Array.from({ length: 5 }, () => log.exposedToday(TODAY, anything)));
  expect(counts.map(({ devices }) => devices.get("a"))).toEqual([25, 25, 25, 25, 25]);
});
