import { describe, expect, test } from "vitest";
import { assign } from "../../../core/assign.ts";
import { transition } from "../../../core/transition.ts";
import { networkHash } from "../../../server/ingest/network-hash.ts";
import { active, inactive, openApp, TESTER } from "../rig/open-app.ts";

const GROUPS = [
  ["A", 50],
  ["B", 50],
] as const;
const groupOf = (device: string) => assign(device, "headline", GROUPS);
const otherOf = (device: string) => (groupOf(device) === "A" ? "B" : "A");

const exposure = (device: string, more: object = {}) => ({
  deviceId: device,
  event: "exposure",
  experiment: "headline",
  group: groupOf(device),
  epoch: 1,
  ...more,
});

describe("an exposure", () => {
  test.each<[what: string, more: object, uncounted: string | undefined]>([
    ["of the group that the hash gives", {}, undefined],
    ["of another group", { group: otherOf("d1") }, "group"],
    ["of an epoch that has not begun", { epoch: 2 }, "epoch"],
    ["of the epoch before the start", { epoch: 0 }, "epoch"],
    ["of an experiment that there is not", { experiment: "nothing", group: "B" }, undefined],
    ["of a group that the experiment never had", { group: "C" }, undefined],
    ["that marks itself", { uncounted: "group" }, undefined],
  ])("%s", async (_, more, uncounted) => {
    const { post, stored } = await openApp([active("headline")]);
    for (const body of [exposure("d1", more), JSON.stringify(exposure("d1", more), null, 1)]) {
      expect((await post(body)).status).toBe(200);
    }
    expect((await stored()).map((event) => event.uncounted)).toEqual([uncounted, uncounted]);
  });

  test.each(["exposure", "assignment"])("of another group keeps nobody in it: %s", async (event) => {
    const { app, post } = await openApp([active("headline")]);
    await post([exposure("d1", { event, group: otherOf("d1") }), exposure("d2", { event })]);
    const answer = async (device: string) =>
      (await (await app.request(`/api/expgroups?device_id=${device}`)).json()).headline;
    expect(await answer("d1")).toMatchObject({ group: groupOf("d1"), reason: "hash" });
    expect(await answer("d2")).toMatchObject({ group: groupOf("d2") });
  });

  test.each(["sessionId", "session_id"])("of a session is judged by its %s", async (name) => {
    const { post, stored } = await openApp([{ ...active("headline"), unit: "session" }]);
    const group = groupOf("s1");
    const ids = ["s1", "s1", "x".repeat(257)].map((id) => ({ [name]: id }));
    await post(ids.map((id, n) => exposure("d1", { ...id, group: n === 1 ? otherOf("s1") : group })));
    await post(exposure("d1", { group: otherOf("s1") }));
    expect((await stored()).map((event) => event.uncounted)).toEqual([undefined, "group", "group", undefined]);
  });

  test("may keep the group of an earlier epoch, and comes too late when its epoch is over", async () => {
    const { post, stored, registry } = await openApp([active("headline")]);
    const weights = [
      { name: "A", weight: 0 },
      { name: "B", weight: 1 },
    ];
    const { by } = TESTER;
    const change = (what: object, now: string) =>
      registry.update("headline", (experiment) => transition(experiment, { by, ...what }, now));
    await change({ definition: { groups: weights } }, "2026-02-01T00:00:00.000Z");
    const [a] = ["d1", "d2", "d3", "d4", "d5", "d6", "d7"].filter((device) => groupOf(device) === "A");
    await post([exposure(a ?? ""), exposure(a ?? "", { epoch: 2 }), exposure(a ?? "", { epoch: 2, group: "B" })]);
    await change({ state: "inactive" }, "2026-03-01T00:00:00.000Z");
    await post(exposure(a ?? "", { epoch: 2, group: "B" }));
    expect((await stored()).map((event) => event.uncounted)).toEqual([undefined, "group", undefined, "ended"]);
  });

  test("that is not counted exposes nobody, is named in the report, and makes nothing sticky", async () => {
    const { app, post } = await openApp([active("headline")]);
    const devices = Array.from({ length: 40 }, (_, i) => `d${i}`);
    await post(devices.map((device) => exposure(device)));
    await post(devices.map((device) => exposure(`x${device}`, { group: otherOf(`x${device}`) })));
    const report = JSON.parse(await (await app.request("/api/admin/experiments/headline/results")).text());
    expect(
      report.groups.map(({ devices }: { devices: number }) => devices).reduce((a: number, b: number) => a + b),
    ).toBe(40);
    const texts = report.health.problems.map(({ text }: { text: string }) => text);
    expect(texts.join("\n")).toContain("Impossible group: 40 exposures");
    const page = await (await app.request("/experiments/headline/results")).text();
    expect(page).toContain("Impossible group: 40 exposures");
    const groups = JSON.parse(await (await app.request("/api/expgroups?device_id=xd1")).text());
    expect(groups.headline).toMatchObject({ group: groupOf("xd1"), reason: "hash" });
  });
});

test.each<[what: string, ts: string, isKept: boolean]>([
  ["more than a day before the first start", "2026-01-30T11:59:59.000Z", false],
  ["a day before the first start", "2026-01-30T12:00:00.000Z", true],
  ["11 minutes ahead", new Date(Date.now() + 660_000).toISOString(), false],
  ["8 minutes ahead", new Date(Date.now() + 480_000).toISOString(), true],
])("a time %s", async (_, ts, isKept) => {
  const { post, stored, log } = await openApp([active("headline"), inactive("draft")]);
  await post({ ts, deviceId: "d1", event: "order" });
  const [event] = await stored();
  expect(event?.ts).toBe(isKept ? ts : event?.receivedAt);
  expect(event?.dropped).toEqual(isKept ? undefined : ["ts"]);
  expect(log.state().droppedFields.map(({ field }) => field)).toEqual(isKept ? [] : ["ts"]);
});

test("events that come after the look of a plan change nothing that it decided", async () => {
  const plan = { baseline: 0.1, lift: 0.5, devices: 40, alpha: 0.05, power: 0.8 };
  const { app, post } = await openApp([active("headline", { plan })]);
  const devices = Array.from({ length: 60 }, (_, i) => `d${i}`);
  await post(devices.map((device) => exposure(device)));
  const results = async () => JSON.parse(await (await app.request("/api/admin/experiments/headline/results")).text());
  const before = await results();
  expect(before.progress.reachedAt).not.toBe(null);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const ts = new Date(Date.now() - 3_600_000).toISOString();
  const late = Array.from({ length: 90 }, (_, i) => `late${i}`);
  await post(late.map((device) => exposure(device, { ts })));
  await post(devices.map((device) => ({ deviceId: device, event: "button_click", ts: before.progress.reachedAt })));
  const after = await results();
  expect(after.progress.reachedAt).toBe(before.progress.reachedAt);
  expect(after.groups).toEqual(before.groups);
  expect(after.goals.map(({ groups }: { groups: unknown }) => groups)).toEqual(
    before.goals.map(({ groups }: { groups: unknown }) => groups),
  );
});

test("an admin leaves a time range out of a report, which is in the history", async () => {
  const { app, post, registry } = await openApp([active("headline")]);
  await post([exposure("d1"), exposure("d2")]);
  const form = (fields: Record<string, string>) =>
    app.request("/experiments/headline/exclusions", {
      method: "POST",
      body: new URLSearchParams(fields).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  const now = Date.now();
  const from = new Date(now - 60_000).toISOString();
  const bad = await form({ from, to: from });
  expect(bad.status).toBe(422);
  expect((await form({ from, to: new Date(now + 60_000).toISOString() })).status).toBe(303);
  const results = async () => (await app.request("/experiments/headline/results")).text();
  expect(await results()).toContain("2 exposures left out by an admin");
  expect(await (await app.request("/experiments/headline/history")).text()).toContain("Left out of the report");
  expect((await form({ remove: "0" })).status).toBe(303);
  expect(registry.get("headline")?.exclusions).toEqual([]);
  expect(await results()).not.toContain("left out by an admin");
});

test("what is left out is said in each form of the report, also without an exposure, and its period is shown again", async () => {
  const exclusions = [
    { network: "0123abcd", day: "2026-01-31" },
    { from: "2026-01-30T01:00:00Z", to: "2026-01-30T02:00:00Z" },
  ];
  const { app, registry } = await openApp([active("headline", { exclusions })]);
  const get = async (path: string) => (await app.request(path)).text();
  const words = [
    "network 0123abcd on 2026-01-31",
    "events received from 2026-01-30T01:00:00Z until 2026-01-30T02:00:00Z",
  ];
  const sentence = `0 exposures left out by an admin: ${words.join(" and ")}.`;
  const link = await app.request("/api/admin/experiments/headline/links", {
    method: "POST",
    body: JSON.stringify({ days: 1 }),
    headers: { "content-type": "application/json" },
  });
  const { path } = await link.json();
  for (const page of ["/experiments/headline/results?epoch=1", path]) expect(await get(page)).toContain(sentence);
  const { health } = JSON.parse(await get("/api/admin/experiments/headline/results"));
  expect(health.exclusions).toEqual(exclusions);
  expect(await get("/api/admin/experiments/headline/results?format=csv")).toContain(words.join("; "));
  const body = new URLSearchParams({ remove: "0", epoch: "1" });
  const answer = await app.request("/experiments/headline/exclusions", { method: "POST", body });
  expect(answer.headers.get("location")).toBe("/experiments/headline/results?epoch=1");
  expect(registry.get("headline")?.exclusions).toHaveLength(1);
});

test("the hash of a network is that of its /24 or /48, and another one the next day", () => {
  const hash = networkHash();
  const [day, next] = ["2026-01-31", "2026-02-01"];
  const of = (address: string) => hash(address, day);
  expect(of("203.0.113.7")).toMatch(/^[0-9a-f]{8}$/);
  expect(of("203.0.113.200")).toBe(of("203.0.113.7"));
  expect(of("::ffff:203.0.113.9")).toBe(of("203.0.113.7"));
  expect(of("203.0.114.7")).not.toBe(of("203.0.113.7"));
  expect(of("2001:db8:1:2")).toBe(of("2001:db8:1:9"));
  expect(of("2001:db8:2:2")).not.toBe(of("2001:db8:1:2"));
  expect(of("unix")).toBe(null);
  const before = of("203.0.113.7");
  expect(hash("203.0.113.7", next)).not.toBe(before);
});
