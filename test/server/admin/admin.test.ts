import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { authorized, TOKEN } from "../rig/logged-in.ts";
import { active, inactive, openApp, rolledOut } from "../rig/open-app.ts";

const form = (experiment: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body: new URLSearchParams({ experiment }),
  headers,
});

describe("GET /experiments", () => {
  test("shows every experiment with its state, its groups' shares and its fallback", async () => {
    const groups = [
      { name: "Gold", weight: 1 },
      { name: "White", weight: 2 },
      { name: "Grey", weight: 0 },
    ];
    const { app } = await openApp([
      active("homepage_button_test", { title: "Homepage button", groups, fallback: "White" }),
      inactive("headline_test"),
      rolledOut("old_test", "B"),
    ]);
    const page = await (await app.request("/experiments")).text();
    const text = page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
    expect(text).toContain("Homepage button homepage_button_test Running");
    expect(text).toContain("Gold 33.33% White 66.67% Grey 0%");
    expect(text).toContain("A 50% B 50%");
    expect(text).toContain("Pausing shows everyone White; resuming goes on with the same count.");
    expect(text).toContain("headline_test Draft");
    expect(text).toContain("Rolled out everyone gets B");
  });

  test("draws the shares to scale", async () => {
    const groups = [
      { name: "A", weight: 3 },
      { name: "B", weight: 1 },
    ];
    const { app } = await openApp([active("headline_test", { groups })]);
    const page = await (await app.request("/experiments")).text();
    const bars = [...page.matchAll(/<rect class="(group-\d)" x="([\d.]+)" y="0" width="([\d.]+)"/g)];
    expect(bars.map(([, group, x, width]) => [group, x, width])).toEqual([
      ["group-0", "0", "75"],
      ["group-1", "75", "25"],
    ]);
  });

  test("escapes what people wrote", async () => {
    const evil = `<script>alert(1)</script>"'&`;
    const groups = [
      { name: "<img src=x onerror=alert(1)>", weight: 1 },
      { name: "B", weight: 1 },
    ];
    const { app } = await openApp([active("headline_test", { title: evil, groups })]);
    const page = await (await app.request("/experiments")).text();
    expect(page).not.toContain("<script>alert");
    expect(page).not.toContain("<img");
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;");
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
  });

  test("has no inline style or script, so that its strict content security policy holds", async () => {
    const { app } = await openApp([active("on"), inactive("off"), rolledOut("done", "B")]);
    const response = await app.request("/experiments");
    expect(response.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    const page = await response.text();
    expect(page).not.toMatch(/<script(?! src="\/admin\.js" defer="">)|<style|\sstyle=|\son\w+=|javascript:/i);
    expect(page).toMatch(/^<!DOCTYPE html><html lang="en">/i);
  });

  test("is never cached, framed, or read by another site", async () => {
    const { app } = await openApp();
    const { headers } = await app.request("/experiments");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });

  test("says so when there is no experiment yet", async () => {
    const { app } = await openApp();
    expect(await (await app.request("/experiments")).text()).toContain("There is no experiment yet");
  });

  test("says that the demo needs no login; the real server does not", async () => {
    const demo = await openApp();
    expect(await (await demo.app.request("/experiments")).text()).toContain("Demo mode: anyone on this computer");
    const { app } = await openApp([], { adminToken: TOKEN });
    expect(await (await app.request("/experiments", { headers: authorized })).text()).not.toContain("Demo");
  });

  test.each([
    ["/admin.css", "text/css; charset=utf-8", "body{}"],
    ["/admin.js", "text/javascript; charset=utf-8", "/* the script */"],
  ])("loads %s, which browsers keep and ask for again", async (path, type, text) => {
    const { app } = await openApp();
    const response = await app.request(path);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(await response.text()).toBe(text);
    const etag = response.headers.get("etag") ?? "";
    const again = await app.request(path, { headers: { "if-none-match": etag } });
    expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""]);
  });
});

describe("POST /experiments/toggle", () => {
  test("that would put a device into two experiments of a layer is refused, and changes nothing", async () => {
    const layer = { name: "shop", from: 0, to: 5000 };
    const { app, registry } = await openApp([active("one", { layer }), inactive("two", { layer })]);
    const response = await app.request("/experiments/toggle", form("two"));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining("slots apart from 0 to 5000") });
    expect(registry.get("two")?.state).toBe("inactive");
  });

  test.each([
    ["inactive", inactive("headline_test"), "active"],
    ["active", active("headline_test"), "inactive"],
    ["rollout", rolledOut("headline_test", "B"), "active"],
  ])("switches from %s, and goes back to the table", async (_, experiment, state) => {
    const { app, registry, folder } = await openApp([experiment]);
    const response = await app.request("/experiments/toggle", form("headline_test"));
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("/experiments");
    expect(registry.get("headline_test")).toMatchObject({ state, updatedBy: "demo", version: experiment.version + 1 });
    const file = JSON.parse(await readFile(join(folder, "experiments.json"), "utf8"));
    expect(file.experiments[0].state).toBe(state);
  });

  test("changes what visitors get at once", async () => {
    const { app } = await openApp([active("headline_test", { fallback: "B" })]);
    const state = async () =>
      (await (await app.request("/api/expgroups?device_id=d1")).json()).headline_test.state as string;
    expect(await state()).toBe("active");
    await app.request("/experiments/toggle", form("headline_test"));
    expect(await state()).toBe("inactive");
  });

  test.each(["unknown", "", "__proto__", "toString"])("an experiment %j that does not exist is a 404", async (key) => {
    const { app, registry } = await openApp([active("headline_test")]);
    const response = await app.request("/experiments/toggle", form(key));
    expect(response.status).toBe(404);
    expect((await response.json()).detail).toBe(`experiment is "${key}": allowed are headline_test`);
    expect(registry.get("headline_test")?.state).toBe("active");
  });

  test("a body without the field is a 404, one that is too long a 413", async () => {
    const { app } = await openApp([active("headline_test")]);
    expect((await app.request("/experiments/toggle", { method: "POST" })).status).toBe(404);
    expect((await app.request("/experiments/toggle", form("x".repeat(4096)))).status).toBe(413);
  });
});

test("POST /api/admin/runs issues a new signed run each time", async () => {
  const { app, runs } = await openApp();
  const issue = async () => (await app.request("/api/admin/runs", { method: "POST" })).json();
  const [first, second] = [await issue(), await issue()];
  expect(first.run).not.toBe(second.run);
  expect(runs.verify(first.header, Date.now())).toBe(first.run);
});
