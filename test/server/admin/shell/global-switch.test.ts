import { describe, expect, test } from "vitest";
import { active, openApp } from "../../rig/open-app.ts";

const form = (experiment: string): RequestInit => ({ method: "POST", body: new URLSearchParams({ experiment }) });
const EVENT = { id: "e1", deviceId: "d1", event: "button_click" };

async function switchedOff() {
  const opened = await openApp([active("one")]);
  const put = (enabled: boolean) =>
    opened.app.request("/api/admin/settings", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ enabled }),
    });
  expect((await put(false)).status).toBe(200);
  return { ...opened, put };
}

describe("while the global switch is off", () => {
  test("there are no experiments for visitors, and nothing is logged", async () => {
    const { app, stored } = await switchedOff();
    expect(await (await app.request("/api/expgroups?device_id=d1")).json()).toEqual({});
    expect(await (await app.request("/api/experiments")).json()).toEqual({});
    expect(await stored()).toEqual([]);
  });

  test("events are answered with accepted: 0, not stored, and counted as off", async () => {
    const { post, stored, log } = await switchedOff();
    const response = await post([EVENT, { bad: true }, EVENT]);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok", accepted: 0, duplicates: 0, rejected: [] });
    expect((await post("{")).status).toBe(400);
    expect(log.state()).toMatchObject({ received: 4, stored: 0, rejected: 1, off: 3, duplicate: 0, bot: 0, shed: 0 });
    expect(await stored()).toEqual([]);
  });

  test("the sum is exact in /metrics, on the admin's page, and after a restart", async () => {
    const { app, post, put, log, folder } = await switchedOff();
    await post([EVENT, { ...EVENT, id: "e2" }]);
    const metrics = await (await app.request("/metrics")).text();
    expect(metrics).toContain("fairsplit_events_received_total 2");
    expect(metrics).toContain('fairsplit_events_total{outcome="off"} 2');
    await put(true);
    await post(EVENT);
    expect(log.state()).toMatchObject({ received: 3, stored: 1, off: 2 });
    const page = await (await app.request("/experiments")).text();
    expect(page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ")).toContain(
      "Ignored while all experiments were stopped 2",
    );
    await log.close();
    const { openEventLog } = await import("../../../../server/events/log.ts");
    const again = await openEventLog(`${folder}/events`);
    expect(again.state()).toMatchObject({ received: 3, stored: 1, off: 2 });
    await again.close();
    const { verify } = await import("../../../../server/verify/verify.ts");
    expect(await verify(folder)).toMatchObject({ ok: true, counters: { stored: 1, off: 2 } });
  });

  test.each<[method: string, path: string]>([
    ["GET", "/experiments"],
    ["GET", "/experiments/one"],
    ["GET", "/experiments/new"],
    ["GET", "/experiments/settings/more"],
    ["GET", "/api/admin/experiments"],
    ["POST", "/api/admin/experiments"],
    ["GET", "/api/admin/experiments/one"],
    ["PUT", "/api/admin/experiments/one"],
    ["DELETE", "/api/admin/experiments/one"],
    ["POST", "/api/admin/experiments/one/impact"],
    ["POST", "/api/admin/experiments/one/revert"],
  ])("%s %s is a 404 that says where to switch it on", async (method, path) => {
    const { app, registry } = await switchedOff();
    const response = await app.request(path, { method });
    expect(response.status).toBe(404);
    expect((await response.json()).detail).toContain("the global switch is off");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(registry.list()).toEqual([active("one")]);
  });

  test("a person reads the pages, below a banner that leads to the settings", async () => {
    const { app } = await switchedOff();
    const response = await app.request("/experiments", { headers: { accept: "text/html,*/*;q=0.8" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    const page = await response.text();
    expect(page).toMatch(/<div class="banner alarm" role="alert">All experiments are stopped/);
    expect(page).toContain(">one<");
    expect(page).toContain('href="/experiments/settings"');
  });

  test("the toggle is a 404 and changes nothing", async () => {
    const { app, registry } = await switchedOff();
    expect((await app.request("/experiments/toggle", form("one"))).status).toBe(404);
    expect(registry.get("one")?.state).toBe("active");
  });

  test.each([
    "/api/admin/settings",
    "/api/admin/history",
    "/api/admin/export.ndjson",
    "/events",
    "/metrics",
    "/healthz",
    "/tag.js",
  ])("GET %s still answers", async (path) => {
    const { app } = await switchedOff();
    expect((await app.request(path)).status).toBe(200);
  });

  test("it is switched on again, and everything is as it was", async () => {
    const { app, put, post, registry, stored } = await switchedOff();
    const before = registry.list();
    expect((await put(true)).status).toBe(200);
    expect(Object.keys(await (await app.request("/api/expgroups?device_id=d1")).json())).toEqual(["one"]);
    expect((await app.request("/experiments")).status).toBe(200);
    expect(await (await post(EVENT)).json()).toMatchObject({ accepted: 1 });
    expect(registry.list()).toBe(before);
    expect((await stored()).map(({ event }) => event)).toEqual(["exp_groups", "button_click"]);
  });
});

test("counters that were saved before there was a switch are read", async () => {
  const { log, post, folder } = await openApp();
  await post(EVENT);
  await post(EVENT);
  await log.close();
  const { readFile, writeFile } = await import("node:fs/promises");
  const path = `${folder}/events/counters.json`;
  const { off: _, ...older } = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify(older));
  const { openEventLog } = await import("../../../../server/events/log.ts");
  const again = await openEventLog(`${folder}/events`);
  expect(again.state()).toMatchObject({ received: 2, stored: 1, duplicate: 1, off: 0 });
  await again.close();
});
