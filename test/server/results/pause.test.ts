import { expect, test } from "vitest";
import { assign } from "../../../core/assign.ts";
import { statusOf } from "../../../core/experiment.ts";
import { transition } from "../../../core/transition.ts";
import { active, inactive, openApp, stopped } from "../rig/open-app.ts";

const by = "test";
const at = (hour: number) => `2026-02-01T${String(hour).padStart(2, "0")}:00:00.000Z`;

test("a pause keeps the epoch; a stop, and another split while paused, end it", () => {
  const running = active("one");
  const paused = transition(running, { by, state: "inactive", isPause: true }, at(1));
  expect(statusOf(paused)).toBe("paused");
  expect(paused).toMatchObject({ state: "inactive", epoch: 1, pausedAt: at(1), endedAt: null });
  expect(transition(paused, { by, definition: { title: "New" } }, at(2))).toMatchObject({ pausedAt: at(1) });
  const resumed = transition(paused, { by, state: "active", isPause: true }, at(3));
  expect(resumed).toMatchObject({ state: "active", epoch: 1, pausedAt: null, startedAt: running.startedAt });
  expect(transition(paused, { by, state: "active" }, at(3))).toMatchObject({ epoch: 2, pausedAt: null });
  const ended = transition(paused, { by, state: "inactive" }, at(4));
  expect([statusOf(ended), ended.endedAt]).toEqual(["stopped", at(4)]);
  const groups = [
    { name: "A", weight: 1 },
    { name: "B", weight: 3 },
  ];
  expect(statusOf(transition(paused, { by, definition: { groups } }, at(4)))).toBe("stopped");
  for (const [experiment, state] of [
    [stopped("one"), "active"],
    [stopped("one"), "inactive"],
    [inactive("one"), "inactive"],
    [running, "active"],
  ] as const) {
    expect(() => transition(experiment, { by, state, isPause: true }, at(1))).toThrow("is running to be paused");
  }
});

test("the list's toggle pauses and resumes in the same count, programs too, and the API says the status", async () => {
  const { app, registry } = await openApp([active("one"), inactive("draft")]);
  const toggle = (experiment: string) =>
    app.request("/experiments/toggle", { method: "POST", body: new URLSearchParams({ experiment }) });
  const get = async (key = "one") => (await app.request(`/api/admin/experiments/${key}`)).json();
  expect((await get("draft")).status).toBe("draft");
  expect((await toggle("one")).status).toBe(302);
  expect(await get()).toMatchObject({ state: "inactive", status: "paused", epoch: 1 });
  const page = await (await app.request("/experiments")).text();
  expect(page).toContain("Resume");
  expect(page).toContain("Paused");
  expect(await (await app.request("/experiments/one")).text()).toContain("Paused since");
  const put = (body: object) =>
    app.request("/api/admin/experiments/one", {
      method: "PUT",
      headers: { "content-type": "application/json", "if-match": "*" },
      body: JSON.stringify(body),
    });
  const back = await put({ ...(await get()), title: "Again" });
  expect(back.status).toBe(200);
  expect(await back.json()).toMatchObject({ title: "Again", status: "paused" });
  expect((await put({ status: "draft" })).status).toBe(422);
  expect(await (await put({ status: "running" })).json()).toMatchObject({ state: "active", epoch: 1 });
  expect(await (await put({ status: "paused" })).json()).toMatchObject({ status: "paused" });
  expect(await (await put({ state: "inactive" })).json()).toMatchObject({ status: "stopped" });
  await toggle("one");
  expect(registry.get("one")).toMatchObject({ state: "active", epoch: 2 });
  expect((await registry.history.page(3, { key: "one" })).entries.map(({ action }) => action)).toEqual([
    "started",
    "stopped",
    "paused",
  ]);
});

test("while it is paused everyone gets the fallback, nobody is exposed, and goals count only in a window", async () => {
  const goals = [
    { event: "order", kind: "binary" as const, window: "1d" },
    { event: "order", kind: "count" as const },
  ];
  const { app, registry, post } = await openApp([active("one", { goals })]);
  const group = (device: string) =>
    assign(device, "one", [
      ["A", 50],
      ["B", 50],
    ]);
  const exposure = (deviceId: string) => ({
    deviceId,
    event: "exposure",
    experiment: "one",
    group: group(deviceId),
    epoch: 1,
  });
  await post([exposure("d1"), { deviceId: "d1", event: "order" }]);
  const change = (state: "active" | "inactive", now: string) =>
    registry.update("one", (one) => transition(one, { by, state, isPause: true }, now));
  const begun = new Date(Date.now() - 60_000).toISOString();
  await change("inactive", begun);
  const [d1] = Object.values(await (await app.request("/api/expgroups?device_id=d1")).json());
  expect(d1).toMatchObject({ state: "inactive", group: "A", active: false });
  await post([exposure("d2"), { deviceId: "d1", event: "order" }]);
  await change("active", new Date(Date.now() + 60_000).toISOString());
  const report = await (await app.request("/api/admin/experiments/one/results")).json();
  const devices = report.groups.reduce((sum: number, one: { devices: number }) => sum + one.devices, 0);
  expect(devices).toBe(1);
  expect(report.health.traffic.uncounted).toEqual([{ reason: "paused", exposures: 1, networks: expect.any(Number) }]);
  expect(report.epoch).toBe(1);
});
