import { describe, expect, test } from "vitest";
import { transition } from "../../../../core/transition.ts";
import { analysisByDefinition } from "../../rig/analysis-by-definition.ts";
import { active, inactive, NOW, openApp, rolledOut, stopped } from "../../rig/open-app.ts";
import { visitsOf } from "../../rig/visits-of.ts";

type Served = Awaited<ReturnType<typeof openApp>>;

const post = (app: Served["app"], path: string, fields: Record<string, string>) =>
  app.request(path, { method: "POST", body: new URLSearchParams(fields) });

/** A page's visible text, block by block. */
async function read(app: Served["app"], path: string): Promise<string> {
  const page = await (await app.request(path, { headers: { accept: "text/html" } })).text();
  return page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

const THREE = [
  active("price_table", { title: "Prices in a table" }),
  inactive("headline_test", { title: "Headline" }),
  rolledOut("gold", "B", { title: "White or gold" }),
];

async function keysOn(app: Served["app"], query: string) {
  const page = await (await app.request(`/experiments${query}`)).text();
  return [...page.matchAll(/class="title" href="\/experiments\/([^"]*)"/g)].map(([, key]) => key);
}

describe("the search", () => {
  test.each<[query: string, found: string[]]>([
    ["", ["price_table", "headline_test", "gold"]],
    ["?q=head", ["headline_test"]],
    ["?q=TABLE+price", ["price_table"]],
    ["?q=white&state=rollout", ["gold"]],
    ["?q=white&state=active", []],
    ["?state=inactive", ["headline_test"]],
    ["?state=draft", ["headline_test"]],
    ["?state=stopped", []],
    ["?state=running", ["price_table"]],
    ["?state=rolled_out", ["gold"]],
    ["?sort=title", ["headline_test", "price_table", "gold"]],
    ["?sort=state", ["headline_test", "price_table", "gold"]],
    ["?sort=toString", ["price_table", "headline_test", "gold"]],
    ["?state=toString", ["price_table", "headline_test", "gold"]],
    ["?q=%3Cscript%3E", []],
  ])("%s finds %j", async (query, found) => {
    const { app } = await openApp(THREE);
    const page = await (await app.request(`/experiments${query}`)).text();
    expect(await keysOn(app, query)).toEqual(found);
    expect(page).not.toContain("<script>");
  });

  test("tells drafts, paused and stopped experiments apart", async () => {
    const paused = { ...active("waits"), state: "inactive" as const, pausedAt: NOW };
    const { app } = await openApp([inactive("new"), paused, stopped("over")]);
    for (const [state, key] of [
      ["draft", "new"],
      ["paused", "waits"],
      ["stopped", "over"],
    ]) {
      expect(await keysOn(app, `?state=${state}`), state).toEqual([key]);
    }
    expect(await keysOn(app, "?state=inactive")).toEqual(["new", "waits", "over"]);
    expect(await keysOn(app, "?sort=state")).toEqual(["new", "waits", "over"]);
  });

  test("has 50 experiments on a page, and each of them on one", async () => {
    const keys = Array.from({ length: 120 }, (_, n) => `experiment_${n}`);
    const { app } = await openApp(keys.map((key) => inactive(key)));
    const pages = await Promise.all(["", "&page=2", "&page=3"].map((page) => keysOn(app, `?state=draft${page}`)));
    expect(pages.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(pages.flat()).toEqual(keys);
    expect(await keysOn(app, "?page=99")).toEqual(keys.slice(100));
    expect(await keysOn(app, "?page=-1")).toEqual(keys.slice(0, 50));
    const second = await (await app.request("/experiments?q=exp&sort=title&page=2")).text();
    expect(second).toContain('rel="prev" href="/experiments?q=exp&amp;sort=title"');
    expect(second).toContain('rel="next" href="/experiments?q=exp&amp;sort=title&amp;page=3"');
    expect(second).toContain("Page 2 of 3");
    // Titles in the order in which people count.
    expect(await keysOn(app, "?sort=title")).toEqual(keys.slice(0, 50));
  });

  test("keeps what was looked for in its fields", async () => {
    const { app } = await openApp(THREE);
    const page = await (await app.request("/experiments?q=%22gold%22&state=rollout")).text();
    expect(page).toContain('name="q" value="&quot;gold&quot;"');
    expect(page).toContain('<option value="rollout" selected="">');
    const drafts = await (await app.request("/experiments?state=draft&sort=title")).text();
    expect(drafts).toContain('<option value="draft" selected="">Draft');
    expect(drafts).toContain('<option value="title" selected="">Title');
  });
});

describe("the verdicts", () => {
  const AB = [
    { group: "A", devices: 2000, converted: 200 },
    { group: "B", devices: 2000, converted: 320 },
  ];

  test("stand in the words of the results, with the way there", async () => {
    const { app, log } = await openApp(THREE);
    await log.append(visitsOf("price_table", AB));
    await expect.poll(() => read(app, "/experiments?q=price")).toContain("B is better");
    expect(await read(app, "/experiments?q=headline")).toContain("Waiting for visitors");
    await expect.poll(async () => (await app.request("/experiments")).text()).not.toContain("data-counting");
    const page = await (await app.request("/experiments")).text();
    expect(page).toMatch(
      /href="\/experiments\/price_table\/results"[^>]*><span class="hidden">Results of Prices in a table: /,
    );
  });

  test("are left out, without waiting for them, while they are counted, and when they cannot be", async () => {
    const { log } = await openApp(THREE);
    const analysis = analysisByDefinition(log);
    for (const tally of [() => new Promise<never>(() => {}), () => Promise.reject(new Error("the disk"))]) {
      const { app, errors } = await openApp(THREE, { analysis: { ...analysis, tally } });
      const text = await read(app, "/experiments");
      expect(text).toContain("Prices in a table");
      expect(text).toContain("counting…");
      expect(await (await app.request("/experiments")).text()).toContain("data-counting");
      expect(errors).toEqual([]);
    }
  });
});

test("shows how many devices were exposed today", async () => {
  const { app, log } = await openApp(THREE);
  const ts = new Date().toISOString();
  const exposures = Array.from({ length: 1234 }, (_, n) => ({
    id: `x-${n}`,
    ts,
    deviceId: `d${n}`,
    event: "exposure",
    source: "test",
    params: {},
    experiment: "price_table",
    epoch: 1,
  }));
  await log.append(exposures);
  // Retry: a page does not wait for the count, and this machine may be busy.
  await expect
    .poll(() => read(app, "/experiments?q=price"))
    .toContain("B 50% 1,234 Results of Prices in a table: Waiting");
  expect(await read(app, "/experiments?q=headline")).toContain("B 50% 0 Results of Headline: Waiting");
});

describe("after a switch", () => {
  test("a form that says its version is told what was done, and may take it back", async () => {
    const { app, registry } = await openApp(THREE);
    const response = await post(app, "/experiments/toggle", { experiment: "price_table", version: "2" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/experiments?change=4"]);
    const page = await read(app, "/experiments?change=4");
    expect(page).toContain(
      "“Prices in a table” is paused. Everyone sees A, and nobody new is counted until it is resumed.",
    );
    expect(page).toContain("Undo Experiments");
    const undone = await post(app, "/experiments/undo", { number: "4", version: "3", from: "list" });
    expect([undone.status, undone.headers.get("location")]).toEqual([303, "/experiments?change=5"]);
    expect(registry.get("price_table")).toMatchObject({ state: "active", epoch: 1, version: 4 });
    const after = await read(app, "/experiments?change=5");
    expect(after).toContain("“Prices in a table” is as it was before. Visitors are split and counted.");
    expect(after).not.toContain("Undo");
  });

  test("a start is taken back without a new epoch, a rollout that was ended comes back", async () => {
    const { app, registry } = await openApp(THREE);
    await post(app, "/experiments/toggle", { experiment: "headline_test", version: "1" });
    expect(await read(app, "/experiments?change=4")).toContain("“Headline” is running. Visitors are split and counted");
    expect(await read(app, "/experiments?change=4")).not.toContain("Undoing opens");
    await post(app, "/experiments/undo", { number: "4", version: "2" });
    expect(registry.get("headline_test")).toMatchObject({ state: "inactive", epoch: 1 });
    await post(app, "/experiments/toggle", { experiment: "gold", version: "3" });
    await post(app, "/experiments/undo", { number: "6", version: "4", from: "experiment" });
    expect(registry.get("gold")).toMatchObject({ state: "rollout", rolloutGroup: "B" });
  });

  test("nothing is told that is not true any more, or never was", async () => {
    const { app, registry } = await openApp(THREE);
    await post(app, "/experiments/toggle", { experiment: "price_table", version: "2" });
    await registry.update("price_table", (one) => transition(one, { by: "x", definition: { title: "T" } }, NOW));
    for (const change of ["4", "99", "0", "-1", "1e3", "x", "<b>"]) {
      expect(await read(app, `/experiments?change=${encodeURIComponent(change)}`), change).not.toContain("“");
    }
  });

  test.each([
    ["no number", {}],
    ["a number that there is not", { number: "17" }],
    ["what is no number", { number: "x" }],
  ])("%s to take back is a 404", async (_, fields) => {
    const { app } = await openApp(THREE);
    expect((await post(app, "/experiments/undo", fields)).status).toBe(404);
  });

  test("what was made for another version changes nothing", async () => {
    const { app, registry } = await openApp(THREE);
    for (const version of ["1", "3", "x", ""]) {
      expect((await post(app, "/experiments/toggle", { experiment: "price_table", version })).status).toBe(412);
      expect((await post(app, "/experiments/undo", { number: "1", version })).status).not.toBe(303);
    }
    expect(registry.get("price_table")).toEqual(THREE[0]);
  });
});

test("a refusal is a page to a person, and problem details to a program", async () => {
  const { app } = await openApp(THREE);
  const page = await app.request("/experiments/toggle", { method: "POST", headers: { accept: "text/html" } });
  expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await page.text()).toContain('<p role="alert">Experiment is &quot;&quot;: allowed are price_table');
  const details = await app.request("/experiments/toggle", { method: "POST" });
  expect(details.headers.get("content-type")).toBe("application/problem+json");
});
