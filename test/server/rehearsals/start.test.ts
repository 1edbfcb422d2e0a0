import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { rehearsedDefinition } from "../../../core/rehearsal/rehearsed-definition.ts";
import type { RehearsalReport } from "../../../core/rehearsal/report.ts";
import { TOKEN } from "../rig/logged-in.ts";
import { inactive, openApp } from "../rig/open-app.ts";

const KEY = "headline_test";
const BEARER = { authorization: `Bearer ${TOKEN}` };
const PAGE = { ...BEARER, accept: "text/html" };

type Opened = Awaited<ReturnType<typeof openApp>>;

const open = () => openApp([inactive(KEY)], { adminToken: TOKEN });

const post = ({ app }: Opened, path: string, fields: Record<string, string>, headers: Record<string, string> = PAGE) =>
  app.request(path, { method: "POST", headers, body: new URLSearchParams(fields) });
const start = (opened: Opened, fields: Record<string, string> = {}, headers?: Record<string, string>) =>
  post(opened, `/experiments/${KEY}/state`, { state: "active", version: "1", ...fields }, headers);

async function keep({ app }: Opened, more: Partial<RehearsalReport> = {}) {
  const report: RehearsalReport = {
    ok: true,
    experiment: KEY,
    definition: rehearsedDefinition(inactive(KEY)),
    page: "https://www.example.com/?a=1&b='2'",
    startedAt: "2026-01-31T12:00:00.000Z",
    seconds: 12.5,
    browser: "Chromium 150",
    checks: [{ name: "errors", ok: true, tested: true, detail: "B: <script>alert(1)</script>", fix: null }],
    views: [],
    withoutTag: { visits: 3, timeToVariantMs: null, layoutShift: 0, largestPaintMs: 120 },
    ...more,
  };
  const response = await app.request(`/api/admin/experiments/${KEY}/rehearsal`, {
    method: "PUT",
    headers: { ...BEARER, "content-type": "application/json" },
    body: JSON.stringify(report),
  });
  expect(response.status).toBe(204);
}

/** The newest change. */
async function lastChange({ app }: Opened) {
  const [entry] = await (await app.request("/api/admin/history?limit=1", { headers: BEARER })).json();
  return entry;
}

test("the denominator of a ratio is one of the events that are rehearsed", () => {
  const rated = (...events: string[]) =>
    rehearsedDefinition({
      ...inactive(KEY),
      goals: events.map((event) => ({ event: "paid", kind: "ratio", ratio: { of: "value", per: { event } } })),
    });
  expect(rated("opened")).not.toBe(rated("closed"));
});

test("a rehearsal of a deleted experiment is none of the next one with its key, and its report is gone", async () => {
  const opened = await open();
  const { registry, folder, app } = opened;
  const standing = async () =>
    (await (await app.request(`/api/admin/experiments/${KEY}/rehearsal`, { headers: BEARER })).json()).standing;
  await keep(opened);
  expect(await standing()).toBe("passed");
  const { groups } = inactive(KEY);
  const author = { by: "ann", now: "2026-01-31T12:00:00.000Z" };
  await registry.remove(KEY, author);
  await registry.create({ key: KEY, groups }, author);
  expect(await standing()).toBe("none");
  await keep(opened);
  expect(await standing()).toBe("passed");
  await registry.remove(KEY, author);
  await vi.waitFor(async () => expect(await readdir(join(folder, "rehearsals"))).toEqual([]));
});

describe("a start by its page", () => {
  test("without a rehearsal asks for the box and the reason, and starts nothing", async () => {
    const opened = await open();
    const page = await (await opened.app.request(`/experiments/${KEY}`, { headers: PAGE })).text();
    expect(page).toContain("This experiment was not rehearsed");
    for (const fields of [{}, { override: "yes" }, { reason: "because" }, { override: "yes", reason: " " }]) {
      const response = await start(opened, fields as Record<string, string>);
      expect(response.status).toBe(422);
      expect(await response.text()).toContain('href="#override"');
    }
    expect(opened.registry.get(KEY)?.state).toBe("inactive");
  });

  test("with them is in the history, with the reason", async () => {
    const opened = await open();
    expect((await start(opened, { override: "yes", reason: "seen by hand" })).status).toBe(303);
    expect(opened.registry.get(KEY)?.state).toBe("active");
    expect(await lastChange(opened)).toMatchObject({ action: "started", rehearsal: "none", reason: "seen by hand" });
    const page = await (await opened.app.request(`/experiments/${KEY}/history`, { headers: PAGE })).text();
    expect(page).toContain("Started without a rehearsal, because: seen by hand");
    const csv = await opened.app.request("/api/admin/history?format=csv", { headers: BEARER });
    expect(await csv.text()).toContain('"none","seen by hand"');
  });

  test.each([
    ["failed", { ok: false }, "The last rehearsal of this experiment failed"],
    ["changed", { definition: "0".repeat(32) }, "This experiment was changed since its rehearsal"],
  ])("after a rehearsal that is %s asks, too", async (rehearsal, more, words) => {
    const opened = await open();
    await keep(opened, more);
    const refused = await start(opened);
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain(words);
    await start(opened, { override: "yes", reason: "urgent" });
    expect(await lastChange(opened)).toMatchObject({ rehearsal, reason: "urgent" });
  });

  test("after a rehearsal that passed asks nothing", async () => {
    const opened = await open();
    await keep(opened);
    const page = await (await opened.app.request(`/experiments/${KEY}`, { headers: PAGE })).text();
    expect(page).toContain("Report with pictures of each group");
    expect(page).not.toContain('id="override"');
    expect((await start(opened)).status).toBe(303);
    expect(await lastChange(opened)).not.toHaveProperty("rehearsal");
  });

  test("from the list leads to the page that asks", async () => {
    const opened = await open();
    const response = await post(opened, "/experiments/toggle", { experiment: KEY, version: "1" });
    expect([response.status, response.headers.get("location")]).toEqual([303, `/experiments/${KEY}#override`]);
    expect(opened.registry.get(KEY)?.state).toBe("inactive");
  });

  test("asks nothing to resume what was paused", async () => {
    const opened = await open();
    await start(opened, { override: "yes", reason: "x" });
    await post(opened, `/experiments/${KEY}/state`, { state: "pause", version: "2" });
    const resumed = await post(opened, `/experiments/${KEY}/state`, { state: "resume", version: "3" });
    expect(resumed.status).toBe(303);
    expect(await lastChange(opened)).not.toHaveProperty("rehearsal");
  });
});

describe("a start by a program", () => {
  test.each([
    [
      "PUT",
      (opened: Opened) =>
        opened.app.request(`/api/admin/experiments/${KEY}`, {
          method: "PUT",
          headers: { ...BEARER, "content-type": "application/json", "if-match": "*" },
          body: JSON.stringify({ state: "active" }),
        }),
    ],
    ["the toggle", (opened: Opened) => post(opened, "/experiments/toggle", { experiment: KEY }, BEARER)],
    ["the form of the page", (opened: Opened) => start(opened, {}, BEARER)],
  ])("by %s works as before, and the history says that there was no rehearsal", async (_, send) => {
    const opened = await open();
    expect((await send(opened)).status).toBeLessThan(400);
    expect(opened.registry.get(KEY)?.state).toBe("active");
    expect(await lastChange(opened)).toMatchObject({ action: "started", rehearsal: "none" });
  });

  test("that creates it started is in the history, too", async () => {
    const opened = await open();
    const groups = [
      { name: "A", weight: 1 },
      { name: "B", weight: 1 },
    ];
    await opened.app.request("/api/admin/experiments", {
      method: "POST",
      headers: { ...BEARER, "content-type": "application/json" },
      body: JSON.stringify({ key: "other", groups, state: "active" }),
    });
    expect(await lastChange(opened)).toMatchObject({ action: "created", key: "other", rehearsal: "none" });
  });
});

test("the demo asks for no rehearsal, and says nothing of it in the history", async () => {
  const opened = await openApp([inactive(KEY)]);
  const page = { accept: "text/html" };
  expect(await (await opened.app.request(`/experiments/${KEY}`, { headers: page })).text()).not.toContain(
    "not rehearsed",
  );
  expect((await start(opened, {}, page)).status).toBe(303);
  expect(await lastChange(opened)).not.toHaveProperty("rehearsal");
});

test("the report's page has no script, and its texts are text", async () => {
  const opened = await open();
  expect((await opened.app.request(`/experiments/${KEY}/rehearsal`, { headers: PAGE })).status).toBe(404);
  await keep(opened);
  const response = await opened.app.request(`/experiments/${KEY}/rehearsal`, { headers: PAGE });
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/default-src 'none'; style-src 'sha256-[^']+'; img-src data:;.*sandbox/);
  const html = await response.text();
  expect(html).not.toContain("<script");
  expect(html).toContain("&lt;script&gt;");
});
