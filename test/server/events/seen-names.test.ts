import { expect, onTestFinished, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const NOW = new Date("2026-01-31T12:00:00.000Z");
let ids = 0;

const event = (name: string, more: Partial<Event> = {}): Event => {
  ids += 1;
  const ts = NOW.toISOString();
  return { id: `x-${ids}`, ts, deviceId: "d", event: name, source: "test", params: {}, ...more };
};

async function openLog() {
  const log = await openEventLog(await temporaryFolder());
  onTestFinished(() => log.close());
  return log;
}

test("counts names of events and paths of page views, the most frequent first, and goes on where it was", async () => {
  const log = await openLog();
  await log.append([
    event("buy"),
    event("pageview", { path: "/a" }),
    event("pageview", { path: "/b" }),
    event("pageview", { path: "/b" }),
  ]);
  const { events, pages } = await log.seenNames(NOW);
  expect([...events]).toEqual([
    ["pageview", 3],
    ["buy", 1],
  ]);
  expect([...pages]).toEqual([
    ["/b", 2],
    ["/a", 1],
  ]);
  await log.append([event("buy")]);
  expect((await log.seenNames(NOW)).events.get("buy")).toBe(2);
});

test.each<[what: string, event: Event]>([
  ["what the product records itself", event("exposure", { experiment: "a", group: "A", epoch: 1 })],
  ["a simulator's run", event("buy", { run: "r1" })],
  ["the day before", event("buy", { ts: "2026-01-30T11:00:00.000Z" })],
  ["a clock far ahead", event("buy", { ts: "2027-01-01T00:00:00.000Z" })],
])("leaves out %s", async (_, left) => {
  const log = await openLog();
  await log.append([left, event("signup")]);
  expect([...(await log.seenNames(NOW)).events.keys()]).toEqual(["signup"]);
});

test("tells a bounded number of names apart", async () => {
  const log = await openLog();
  for (let from = 0; from < 1000; from += 100) {
    await log.append(Array.from({ length: 100 }, (_, place) => event(`name ${from + place}`)));
  }
  expect((await log.seenNames(NOW)).events.size).toBe(500);
});
