import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const AT = "2026-01-31T12:00:00.000Z";

async function openLog(segmentBytes = 64 * 1024 * 1024) {
  const folder = await temporaryFolder();
  const log = await openEventLog(folder, { segmentBytes });
  onTestFinished(() => log.close());
  let id = 0;
  const add = (event: string, deviceId: string, more: Partial<Event> = {}) => {
    id += 1;
    return log.append([{ id: `e-${id}`, ts: AT, deviceId, event, source: "browser", path: "/", params: {}, ...more }]);
  };
  return {
    folder,
    log,
    add,
    /** The server gives a device its groups. */
    ask: (deviceId: string, more: Partial<Event> = {}) => add("exp_groups", deviceId, { source: "backend", ...more }),
    seen: async (from = { segment: 0, offset: 0 }) => {
      const { page, isAsked, placeholders } = await log.visitsSince(from);
      return { page: page?.path ?? null, isAsked, placeholders: [...placeholders.keys()] };
    },
  };
}
const NOTHING = { page: null, isAsked: false, placeholders: [] };

test("a visit is what the server gave groups, and the tag then reports a page of", async () => {
  const { ask, add, seen } = await openLog();
  expect(await seen()).toEqual(NOTHING);
  await ask("d1");
  expect(await seen()).toEqual({ ...NOTHING, isAsked: true });
  await add("pageview", "d1", { path: "/landing" });
  await add("exposure", "d1", { path: "/landing", experiment: "one" });
  await add("button_click", "d1", { path: "/landing", experiment: "two" });
  expect(await seen()).toEqual({ page: "/landing", isAsked: true, placeholders: ["one", "two"] });
});

test.each<[what: string, ask: Partial<Event> | null, report: Partial<Event>]>([
  ["a run of the simulator", { run: "r1" }, { run: "r1" }],
  ["a preview", { reasons: { one: "forced" } }, {}],
  ["a program that only posts events", null, {}],
  ["a program that posts what only the server says", { source: "browser" }, {}],
  ["a page that was opened long before, whose events come now", {}, { ts: "2026-01-31T11:40:00.000Z" }],
  ["events that no page sent", {}, { source: "backend" }],
])("%s is no visit", async (_, ask, report) => {
  const opened = await openLog();
  if (ask) await opened.ask("d1", ask);
  await opened.add("exposure", "d1", { experiment: "one", ...report });
  expect(await opened.seen()).toMatchObject({ page: null, placeholders: [] });
});

test("only visits count that began after the moment, not what old ones still send", async () => {
  const { log, ask, add, seen } = await openLog();
  await ask("d1");
  await add("pageview", "d1");
  const opened = log.end();
  await add("exposure", "d1", { experiment: "old" });
  expect(await seen(opened)).toEqual(NOTHING);
  await ask("d2");
  await add("exposure", "d2", { experiment: "new", path: "/new" });
  expect(await seen(opened)).toEqual({ page: "/new", isAsked: true, placeholders: ["new"] });
  expect(await seen(log.end())).toEqual(NOTHING);
  // Several clients may watch, each from its own moment.
  expect(await seen()).toMatchObject({ placeholders: ["new"] });
});

test("a device that has its groups already begins a visit, too, from that moment on", async () => {
  const { log, ask, add, seen } = await openLog();
  await ask("d1");
  await add("pageview", "d1", { path: "/first" });
  const opened = log.end();
  log.visitBegan("d1", "/again");
  expect(await seen(opened)).toEqual({ ...NOTHING, isAsked: true });
  await add("pageview", "d1", { ts: new Date().toISOString(), path: "/again" });
  expect(await seen(opened)).toEqual({ page: "/again", isAsked: true, placeholders: [] });
});

test("clocks of visitors may be some minutes off", async () => {
  const { ask, add, seen } = await openLog();
  await ask("d1");
  await add("pageview", "d1", { ts: "2026-01-31T11:51:00.000Z", path: "/slow" });
  expect((await seen()).page).toBe("/slow");
  await ask("d2");
  await add("pageview", "d2", { ts: "2026-01-31T19:00:00.000Z", path: "/fast" });
  expect((await seen()).page).toBe("/fast");
});

test("is read on over segments, and past lines that are no events", async () => {
  const { folder, log, ask, add, seen } = await openLog(300);
  for (let visit = 0; visit < 20; visit += 1) {
    await ask(`d${visit}`);
    await add("exposure", `d${visit}`, { experiment: `key-${visit}` });
    if (visit % 7 === 0) await seen();
  }
  expect((await seen()).placeholders).toHaveLength(20);
  const { segment, offset } = log.end();
  await appendFile(join(folder, `${String(segment).padStart(8, "0")}.ndjson`), "torn\n");
  expect(log.end()).toEqual({ segment, offset });
  expect((await seen()).placeholders).toHaveLength(20);
});

test("of a log that grew a lot in the meantime only the newest part is read, and what was asked for", async () => {
  const { log, ask, add, seen } = await openLog();
  await seen();
  let id = 0;
  const fill = () =>
    log.append(
      Array.from({ length: 5000 }, () => ({
        id: `f-${id++}`,
        ts: AT,
        deviceId: "filler",
        event: "x".repeat(100),
        source: "backend",
        params: { text: "x".repeat(700) },
      })),
    );
  await ask("early");
  await add("exposure", "early", { experiment: "early" });
  await fill();
  await fill();
  const opened = log.end();
  await ask("late");
  await add("exposure", "late", { experiment: "late" });
  const bytes = log.state().logBytes;
  expect(bytes).toBeGreaterThan(8 * 1024 * 1024);
  expect((await seen(opened)).placeholders).toEqual(["late"]);
  await fill();
  await fill();
  await ask("newest");
  await add("exposure", "newest", { experiment: "newest" });
  expect((await seen(opened)).placeholders).toEqual(["late", "newest"]);
});

test("remembers a bounded number of devices and of placeholders", async () => {
  const { log, ask, seen } = await openLog();
  await ask("d1");
  const events = Array.from({ length: 600 }, (_, i) => ({
    id: `x-${i}`,
    ts: AT,
    deviceId: "d1",
    event: "exposure",
    source: "browser",
    experiment: `key-${i}`,
    params: {},
  }));
  await log.append(events);
  const { placeholders } = await seen();
  expect(placeholders).toHaveLength(500);
  expect(placeholders.at(-1)).toBe("key-599");
});
