import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rehearsedDefinition } from "../../../core/rehearsal/rehearsed-definition.ts";
import type { RehearsalReport } from "../../../core/rehearsal/report.ts";
import { openRehearsalStore } from "../../../server/rehearsals/store.ts";
import { active, inactive, openApp } from "../rig/open-app.ts";

const KEY = "headline_test";
const JSON_TYPE = { "content-type": "application/json" };

const reportOf = (more: Partial<RehearsalReport> = {}): RehearsalReport => ({
  ok: true,
  experiment: KEY,
  definition: rehearsedDefinition(inactive(KEY)),
  page: "https://www.example.com/",
  startedAt: "2026-01-31T12:00:00.000Z",
  seconds: 12.5,
  browser: "Chromium 150",
  checks: [{ name: "tag", ok: true, tested: true, detail: "it runs", fix: null }],
  views: [],
  withoutTag: { visits: 3, timeToVariantMs: null, layoutShift: 0, largestPaintMs: 120 },
  ...more,
});

type App = Awaited<ReturnType<typeof openApp>>["app"];

const begin = async (app: App) => {
  const response = await app.request(`/api/admin/experiments/${KEY}/rehearsals`, { method: "POST" });
  expect(response.status).toBe(201);
  return response.json();
};
const keep = (app: App, report: unknown) =>
  app.request(`/api/admin/experiments/${KEY}/rehearsal`, {
    method: "PUT",
    headers: JSON_TYPE,
    body: JSON.stringify(report),
  });
const groupsOf = async (app: App, device: string, token: string) =>
  (await app.request(`/groups?device_id=${device}&path=/&force=${token}`)).json();

describe("a rehearsal's device", () => {
  test("gets the previewed group of a draft as if it were running, and others get a preview", async () => {
    const { app } = await openApp([inactive(KEY)]);
    const { devices, previews } = await begin(app);
    const { token } = previews.find(({ group }: { group: string }) => group === "B");
    const rehearsed = (await groupsOf(app, `0123456789ab${devices}`, token))[KEY];
    expect(rehearsed).toMatchObject({ active: true, state: "active", group: "B", value: 1, reason: "hash" });
    const previewed = (await groupsOf(app, "0".repeat(32), token))[KEY];
    expect(previewed).toMatchObject({ active: false, state: "inactive", group: "B", reason: "forced" });
  });

  test("enters no file and no count, whatever it sends, and its events are heard", async () => {
    const { app, log, folder } = await openApp([active(KEY)]);
    const { rehearsal, devices } = await begin(app);
    const deviceId = `0123456789ab${devices}`;
    const before = JSON.stringify(log.state());
    const files = (await readdir(folder, { recursive: true })).sort();
    await app.request(`/groups?device_id=${deviceId}&path=/`);
    const send = (body: unknown) =>
      app.request("/notes", { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
    const event = { id: "e-1", deviceId, event: "exposure", experiment: KEY, group: "B", epoch: 1, source: "tag" };
    const sent = await send([event, { ...event, id: "e-2", event: "button_click" }, { ...event, event: "" }]);
    expect(await sent.json()).toMatchObject({ status: "ok", accepted: 2, rejected: [{ index: 2 }] });
    expect((await send({ deviceId, event: "" })).status).toBe(400);
    expect((await send(`{"deviceId":"${deviceId}"`)).status).toBe(400);
    const bot = await app.request("/notes", {
      method: "POST",
      headers: { "user-agent": "Googlebot" },
      body: JSON.stringify({ ...event, id: "e-3" }),
    });
    expect(await bot.json()).toMatchObject({ accepted: 1 });

    const heard = await app.request(`/api/admin/experiments/${KEY}/rehearsals/${rehearsal}/events`);
    expect((await heard.json()).map(({ id }: { id: string }) => id)).toEqual(["e-1", "e-2", "e-3"]);
    expect(JSON.stringify(log.state())).toBe(before);
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(files);
    expect(await (await app.request("/events")).json()).toEqual([]);
  });

  test("does not take the events of visitors along that come in the same request", async () => {
    const { app } = await openApp([active(KEY)]);
    const { devices } = await begin(app);
    const event = { event: "pageview", source: "tag", ts: new Date().toISOString() };
    const body = JSON.stringify([
      { ...event, id: "e-1", deviceId: `0123456789ab${devices}` },
      { ...event, id: "e-2", deviceId: "visitor" },
    ]);
    expect(await (await app.request("/notes", { method: "POST", body })).json()).toMatchObject({ accepted: 2 });
    const stored = await (await app.request("/events")).json();
    expect(stored.map(({ id }: { id: string }) => id)).toEqual(["e-2"]);
  });
});

describe("the last rehearsal", () => {
  const lastOf = async (app: App) => (await app.request(`/api/admin/experiments/${KEY}/rehearsal`)).json();

  test("is none, passed, failed, or of another definition", async () => {
    const { app, registry } = await openApp([inactive(KEY)]);
    expect(await lastOf(app)).toEqual({ standing: "none", report: null });
    expect((await keep(app, reportOf())).status).toBe(204);
    expect(await lastOf(app)).toEqual({ standing: "passed", report: reportOf() });
    await keep(app, reportOf({ ok: false }));
    expect((await lastOf(app)).standing).toBe("failed");
    await keep(app, reportOf());
    const change = (title: string, html?: string) =>
      registry.update(KEY, (experiment) => ({
        ...experiment,
        title,
        groups: experiment.groups.map((group) => (html === undefined ? group : { ...group, html })),
        version: experiment.version + 1,
      }));
    await change("Another title");
    expect((await lastOf(app)).standing).toBe("passed");
    await change("Another title", "<b>Other</b>");
    expect((await lastOf(app)).standing).toBe("changed");
  });

  test("is there after a restart", async () => {
    const { app, folder } = await openApp([inactive(KEY)]);
    await keep(app, reportOf());
    const store = await openRehearsalStore(join(folder, "rehearsals"));
    expect(store.head(KEY)).toMatchObject({ ok: true, failed: [] });
    expect(await store.read(KEY)).toEqual(reportOf());
  });

  test.each([
    ["another experiment's", { experiment: "other" }, "experiment is"],
    ["a picture that is no base64", { views: [{ picture: '"><script>' }] }, "base64"],
    ["an unknown check", { checks: [{ name: "luck" }] }, "the name of a check"],
    ["a field too many", { html: "<p>" }, "html"],
  ])("is not %s", async (_, more, words) => {
    const { app } = await openApp([inactive(KEY)]);
    const response = await keep(app, { ...reportOf(), ...more });
    expect(response.status).toBe(422);
    expect((await response.json()).detail).toContain(words);
  });

  test("is of a bounded number of experiments: the oldest goes", async () => {
    const keys = Array.from({ length: 101 }, (_, index) => `exp_${index}`);
    const { folder } = await openApp();
    const store = await openRehearsalStore(join(folder, "rehearsals"));
    for (const [index, experiment] of keys.entries()) {
      const startedAt = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
      await store.keep(reportOf({ experiment, startedAt }));
    }
    expect(store.head("exp_0")).toBeNull();
    expect(store.head("exp_1")).not.toBeNull();
    expect(await readdir(join(folder, "rehearsals"))).toHaveLength(100);
  });
});
