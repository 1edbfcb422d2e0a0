import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { active, inactive, openApp, rolledOut } from "./open-app.ts";

const TOKEN = "a-token-of-the-tests-0123456789";
const authorized = { authorization: `Bearer ${TOKEN}` };
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
    expect(text).toContain("Homepage button homepage_button_test Active");
    expect(text).toContain("Gold 33.33% White 66.67% Grey 0%");
    expect(text).toContain("A 50% B 50%");
    expect(text).toContain("Off: everyone sees White, nothing is counted.");
    expect(text).toContain("headline_test Inactive");
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
    expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:/i);
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
    expect(await (await app.request("/experiments")).text()).toContain("There is no experiment yet.");
  });

  test("says that the demo needs no login; the real server does not", async () => {
    const demo = await openApp();
    expect(await (await demo.app.request("/experiments")).text()).toContain("Demo mode: anyone on this computer");
    const { app } = await openApp([], { adminToken: TOKEN });
    expect(await (await app.request("/experiments", { headers: authorized })).text()).not.toContain("Demo");
  });

  test("has its style sheet", async () => {
    const { app } = await openApp();
    const response = await app.request("/admin.css");
    expect(response.headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect(await response.text()).toBe("body{}");
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

describe("a write from another site's page", () => {
  const host = "127.0.0.1:5000";

  test.each<[what: string, headers: Record<string, string>, status: number]>([
    ["cross-site", { "sec-fetch-site": "cross-site" }, 403],
    ["a sibling domain", { "sec-fetch-site": "same-site" }, 403],
    ["cross-site, though the origin looks right", { "sec-fetch-site": "cross-site", origin: `http://${host}` }, 403],
    ["an older browser's foreign origin", { origin: "https://evil.example" }, 403],
    ["an older browser's sandboxed frame", { origin: "null" }, 403],
    ["an origin that only begins like ours", { origin: `http://${host}.evil.example` }, 403],
    ["our own page", { "sec-fetch-site": "same-origin" }, 302],
    ["typed by the user", { "sec-fetch-site": "none" }, 302],
    ["our own page in an older browser", { origin: `http://${host}` }, 302],
    ["a program", {}, 302],
  ])("%s", async (_, headers, status) => {
    const { app, registry } = await openApp([active("headline_test")]);
    const response = await app.request("/experiments/toggle", form("headline_test", { host, ...headers }));
    expect(response.status).toBe(status);
    expect(registry.get("headline_test")?.state).toBe(status === 302 ? "inactive" : "active");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("is refused for runs too, while reading is not a write", async () => {
    const { app } = await openApp();
    const headers = { "sec-fetch-site": "cross-site" };
    expect((await app.request("/api/admin/runs", { method: "POST", headers })).status).toBe(403);
    expect((await app.request("/experiments", { headers })).status).toBe(200);
  });
});

describe("with an admin token", () => {
  const ADMIN_ROUTES: [method: string, path: string, status: number][] = [
    ["GET", "/experiments", 200],
    ["HEAD", "/experiments", 200],
    ["POST", "/experiments/toggle", 302],
    ["GET", "/events", 200],
    ["HEAD", "/events", 200],
    ["POST", "/api/admin/runs", 201],
  ];
  const request = (method: string, headers: Record<string, string>) =>
    method === "POST" ? form("headline_test", headers) : { method, headers };

  test.each(ADMIN_ROUTES)("%s %s is open to its holder", async (method, path, status) => {
    const { app } = await openApp([active("headline_test")], { adminToken: TOKEN });
    expect((await app.request(path, request(method, authorized))).status).toBe(status);
    const lowerCase = { authorization: `bearer ${TOKEN}` };
    expect((await app.request(path, request(method, lowerCase))).status).toBe(status);
  });

  test.each(
    ADMIN_ROUTES.flatMap(([method, path]) =>
      [
        ["no header", {}],
        ["an empty header", { authorization: "" }],
        ["an empty token", { authorization: "Bearer " }],
        ["a wrong token", { authorization: `Bearer ${TOKEN}x` }],
        ["half of the token", { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
        ["another scheme", { authorization: `Basic ${TOKEN}` }],
        ["the bare token", { authorization: TOKEN }],
      ].map(([what, headers]) => [method, path, what, headers] as [string, string, string, Record<string, string>]),
    ),
  )("%s %s is closed with %s", async (method, path, _, headers) => {
    const { app, registry } = await openApp([active("headline_test")], { adminToken: TOKEN });
    const response = await app.request(path, request(method, headers));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Bearer realm="fairsplit"');
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(registry.get("headline_test")?.state).toBe("active");
  });

  test("what does not exist below an admin path is not told to others", async () => {
    const { app } = await openApp([], { adminToken: TOKEN });
    expect((await app.request("/api/admin/nothing")).status).toBe(401);
    expect((await app.request("/api/admin/nothing", { headers: authorized })).status).toBe(404);
    expect((await app.request("/experiments/nothing")).status).toBe(401);
  });

  test("errors of admin routes cannot be read by another site", async () => {
    const { app } = await openApp();
    for (const path of ["/events?limit=0", "/api/admin/nothing", "/experiments/nothing"]) {
      const { headers } = await app.request(path);
      expect(headers.get("access-control-allow-origin"), path).toBeNull();
      expect(headers.get("cross-origin-resource-policy"), path).toBe("same-origin");
    }
  });

  test.each<[method: string, path: string, status: number]>([
    ["GET", "/tag.js", 200],
    ["GET", "/api/expgroups?device_id=d1", 200],
    ["GET", "/api/experiments", 200],
    ["GET", "/healthz", 200],
    ["GET", "/admin.css", 200],
    ["POST", "/events", 415],
  ])("%s %s stays open to everyone", async (method, path, status) => {
    const { app } = await openApp([active("headline_test")], { adminToken: TOKEN });
    expect((await app.request(path, { method })).status).toBe(status);
  });
});

test("POST /api/admin/runs issues a new signed run each time", async () => {
  const { app, runs } = await openApp();
  const issue = async () => (await app.request("/api/admin/runs", { method: "POST" })).json();
  const [first, second] = [await issue(), await issue()];
  expect(first.run).not.toBe(second.run);
  expect(runs.verify(first.header, Date.now())).toBe(first.run);
});
