import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { transition } from "../../../../core/transition.ts";
import { openSessions } from "../../../../server/auth/sessions.ts";
import type { Registry } from "../../../../server/registry/registry.ts";
import { active, inactive, NOW, openApp } from "../../rig/open-app.ts";

const ANN = { by: "ann", now: "2026-02-01T08:00:00.000Z" };
const weighed = (a: number) => [
  { name: "A", weight: a },
  { name: "B", weight: 50 },
];

const edit = (registry: Registry, key: string, change: Omit<Parameters<typeof transition>[1], "by">) =>
  registry.update(key, (experiment) => transition(experiment, { by: "ann", ...change }, ANN.now));

/** A page's visible text. */
const textOf = async (response: Response) =>
  (await response.text())
    .replace(/^[\s\S]*<main/, "<main")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
const numbersOf = async (response: Response) =>
  [...(await response.text()).matchAll(/id="change-(\d+)"/g)].map(([, number]) => Number(number));
const form = (fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body: new URLSearchParams(fields),
  headers: { accept: "text/html", ...headers },
});

describe("the history's pages", () => {
  test("say what was done, by whom, when, and from what to what, newest first", async () => {
    const { app, registry } = await openApp([active("one")]);
    await edit(registry, "one", { definition: { groups: weighed(51), title: "One" } });
    await edit(registry, "one", { state: "inactive" });
    await registry.updateSettings((settings) => ({ ...settings, holdout: { share: 0.05, salt: "h" } }), ANN);
    const response = await app.request("/experiments/history");
    expect(await numbersOf(response.clone())).toEqual([4, 3, 2, 1]);
    const page = await textOf(response);
    expect(page).toContain("Change 4 Settings 1 Feb 2026, 08:00 UTC by ann");
    expect(page).toContain("Holdout before: none → after: 5% of the visitors");
    expect(page).toContain("Change 3 Stopped one 1 Feb 2026, 08:00 UTC by ann");
    expect(page).toContain("State before: active → after: inactive");
    expect(page).toContain("Group “A”, weight before: 50 → after: 51");
    expect(page).toContain("Period before: 1 → after: 2");
    expect(page).not.toContain("version");
  });

  test("of one experiment have its changes only, also after it was removed", async () => {
    const { app, registry } = await openApp([inactive("one"), inactive("two")]);
    await registry.remove("one", ANN);
    expect(await numbersOf(await app.request("/experiments/one/history"))).toEqual([3, 1]);
    expect((await app.request("/experiments/three/history")).status).toBe(404);
    expect((await app.request("/experiments/toString/history")).status).toBe(404);
  });

  test.each<[query: string, numbers: number[]]>([
    ["", [5, 4, 3, 2, 1]],
    ["?key=two", [4, 2]],
    ["?key=+two+", [4, 2]],
    ["?action=created", [2, 1]],
    ["?action=edited&key=one", [3]],
    ["?action=settings", [5]],
    ["?key=three", []],
    ["?key=__proto__", []],
    ["?before=4", [3, 2, 1]],
    ["?before=1", []],
  ])("are filtered by %j", async (query, numbers) => {
    const { app, registry } = await openApp([inactive("one"), inactive("two")]);
    await edit(registry, "one", { definition: { title: "1" } });
    await edit(registry, "two", { definition: { title: "2" } });
    await registry.updateSettings((settings) => ({ ...settings, enabled: true }), ANN);
    const response = await app.request(`/experiments/history${query}`);
    expect(response.status).toBe(200);
    expect(await numbersOf(response)).toEqual(numbers);
  });

  test.each(["?action=nothing", "?before=x", "?before=-1", "?change=1e3"])("refuse %j", async (query) => {
    const { app } = await openApp([inactive("one")]);
    const response = await app.request(`/experiments/history${query}`, { headers: { accept: "text/html" } });
    expect(response.status).toBe(400);
    expect(await textOf(response)).toMatch(/allowed (is|are)/);
  });

  test("come in pages whose links keep the filter, and every change is on one of them", async () => {
    const { app, registry } = await openApp([inactive("one")]);
    for (let i = 0; i < 60; i += 1) await edit(registry, "one", { definition: { title: `${i}` } });
    const seen: number[] = [];
    let url: string | undefined = "/experiments/one/history?action=edited";
    while (url) {
      const response: Response = await app.request(url);
      seen.push(...(await numbersOf(response.clone())));
      url = /rel="next" href="([^"]+)"/.exec(await response.text())?.[1]?.replaceAll("&amp;", "&");
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => 61 - i));
  });

  test("fold long texts, and show the words in them that changed", async () => {
    const html = (word: string) => `<p>${"lorem ipsum ".repeat(200)}</p>\n<b>${word}</b>`;
    const groups = (word: string) => [
      { name: "A", weight: 1 },
      { name: "B", weight: 1, html: html(word) },
    ];
    const { app, registry } = await openApp([inactive("one", { groups: groups("Buy") })]);
    await edit(registry, "one", { definition: { groups: groups("Reserve") } });
    const page = await (await app.request("/experiments/one/history")).text();
    expect(page).toMatch(/<details><summary>2,418 → 2,422 characters<\/summary>/);
    expect(page).toContain("<del>Buy</del><ins>Reserve</ins>");
    expect(page).toContain("characters stay");
    expect(page).not.toContain("<p>lorem");
    expect(page.length).toBeLessThan(12_000);
  });

  test("escape what people wrote", async () => {
    const evil = `<script>alert(1)</script>"'&`;
    const { app, registry } = await openApp([inactive("one")]);
    await registry.update("one", (experiment) =>
      transition(experiment, { by: evil, definition: { title: evil, description: evil.repeat(20) } }, NOW),
    );
    for (const path of ["/experiments/history", "/experiments/history/2/revert", `/experiments/history?key=${evil}`]) {
      expect(await (await app.request(path)).text(), path).not.toMatch(/<script>|"'&[^#a-z]/);
    }
  });

  test("say so where nothing is there, and where lines of the file are damaged", async () => {
    const { app } = await openApp();
    expect(await textOf(await app.request("/experiments/history"))).toContain("Nothing has changed yet.");
    expect(await textOf(await app.request("/experiments/history?key=x"))).toContain("No change fits.");
    const { folder, log } = await openApp([inactive("one")]);
    await appendFile(join(folder, "history.ndjson"), "not a change\n");
    await log.close();
    const { appIn } = await import("../../rig/app-in.ts");
    const again = await appIn(folder, []);
    expect(await textOf(await again.app.request("/experiments/history"))).toContain("1 lines cannot be read");
    await again.log.close();
  });

  test("link the CSV of what they show", async () => {
    const { app } = await openApp([inactive("one")]);
    const link = (page: string) =>
      /href="(\/api\/admin\/history[^"]*)"/.exec(page)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const all = link(await (await app.request("/experiments/history")).text());
    const one = link(await (await app.request("/experiments/one/history")).text());
    expect([all, one]).toEqual(["/api/admin/history?format=csv", "/api/admin/history?format=csv&key=one"]);
    const csv = await app.request(one);
    expect(csv.headers.get("content-type")).toMatch(/^text\/csv/);
    expect(await csv.text()).toContain('"created","one"');
  });
});

describe("reverting a change", () => {
  async function edited() {
    const opened = await openApp([active("one")]);
    await edit(opened.registry, "one", { definition: { groups: weighed(51) } });
    return opened;
  }
  const versionIn = (page: string) => /name="version" value="(\d+)"/.exec(page)?.[1] ?? "";

  test("is asked first, with what it would change now and what that means", async () => {
    const { app, registry } = await edited();
    const page = await textOf(await app.request("/experiments/history/2/revert"));
    expect(page).toContain("Revert change 2 of one ?");
    expect(page).toContain("Group “A”, weight before: 51 → after: 50");
    expect(page).toContain("It goes on with another split, and a new period begins: counts start from 0.");
    expect(page).toContain("Visitors who take part keep their group; only new ones follow the new split.");
    expect(page).not.toContain("Everything goes that was changed after it, too");
    expect(registry.history.last).toBe(2);
    await edit(registry, "one", { definition: { title: "Uno" } });
    const later = await textOf(await app.request("/experiments/history/2/revert"));
    expect(later).toContain("Everything goes that was changed after it, too");
    expect(later).toContain("Title before: Uno → after: one");
  });

  test("goes back, is a change of its own, and leads to it", async () => {
    const { app, registry } = await edited();
    const version = versionIn(await (await app.request("/experiments/history/2/revert")).text());
    const response = await app.request("/experiments/history/2/revert", form({ version }));
    expect([response.status, response.headers.get("location")]).toEqual([303, "/experiments/one/history?change=3"]);
    expect(registry.get("one")).toMatchObject({ groups: weighed(50), epoch: 3, updatedBy: "demo" });
    const page = await textOf(await app.request("/experiments/one/history?change=3"));
    expect(page).toContain("Change 2 is reverted, by change 3.");
    expect(page).toContain("Change 3 Reverted change 2");
  });

  test("is refused when somebody else was faster, and then shows what it would do now", async () => {
    const { app, registry } = await edited();
    const version = versionIn(await (await app.request("/experiments/history/2/revert")).text());
    await edit(registry, "one", { definition: { title: "Hers" } });
    const response = await app.request("/experiments/history/2/revert", form({ version }));
    expect(response.status).toBe(409);
    const page = await response.text();
    expect(page).toContain("Somebody else was faster (ann, version 4). Nothing was changed");
    expect(page).toContain("Hers");
    expect(versionIn(page)).toBe("4");
    expect(registry.get("one")).toMatchObject({ title: "Hers", groups: weighed(51), version: 4 });
  });

  test("brings a removed experiment back, unless somebody made it anew in the meantime", async () => {
    const { app, registry } = await openApp([active("one", { title: "Uno" })]);
    await registry.remove("one", ANN);
    const page = await app.request("/experiments/history/2/revert");
    expect(await textOf(page.clone())).toContain("The experiment comes back stopped: everyone sees A");
    expect(versionIn(await page.text())).toBe("0");
    await registry.create({ key: "one", groups: weighed(1) }, ANN);
    expect((await app.request("/experiments/history/2/revert", form({ version: "0" }))).status).toBe(409);
    expect(registry.get("one")).toMatchObject({ groups: weighed(1) });
    await registry.remove("one", ANN);
    expect((await app.request("/experiments/history/2/revert", form({ version: "0" }))).status).toBe(303);
    expect(registry.get("one")).toMatchObject({ title: "Uno", state: "inactive" });
  });

  test("does not bring back what somebody removed in the meantime", async () => {
    const { app, registry } = await edited();
    const version = versionIn(await (await app.request("/experiments/history/2/revert")).text());
    await registry.remove("one", ANN);
    const response = await app.request("/experiments/history/2/revert", form({ version }));
    expect(response.status).toBe(409);
    expect(await textOf(response)).toContain("Somebody removed the experiment in the meantime. Nothing was changed.");
    expect(registry.get("one")).toBeUndefined();
  });

  test("that the state does not allow says why, and changes nothing", async () => {
    const { app, registry } = await openApp([active("one")]);
    await edit(registry, "one", { state: "rollout", rolloutGroup: "B" });
    await edit(registry, "one", { state: "active" });
    await edit(registry, "one", { state: "inactive" });
    const page = await app.request("/experiments/history/3/revert");
    expect(page.status).toBe(422);
    expect(await textOf(page)).toContain("It cannot be reverted now: state is");
    expect((await app.request("/experiments/history/3/revert", form({ version: "4" }))).status).toBe(422);
    expect(registry.history.last).toBe(4);
  });

  test("that changes nothing is not offered", async () => {
    const { app, registry } = await edited();
    await registry.revert(2, ANN);
    const page = await (await app.request("/experiments/history/2/revert")).text();
    expect(page).toContain("Nothing would change");
    expect(page).not.toContain('<button type="submit" class="primary"');
  });

  test.each(["0", "99", "x", "-1", "1e1", "__proto__"])("%j is a 404 when there is no such change", async (number) => {
    const { app } = await edited();
    expect((await app.request(`/experiments/history/${number}/revert`)).status).toBe(404);
    expect((await app.request(`/experiments/history/${number}/revert`, form({ version: "2" }))).status).toBe(404);
  });

  test("of the settings is a 404; what created an experiment cannot be reverted", async () => {
    const { app, registry } = await edited();
    await registry.updateSettings((settings) => ({ ...settings, enabled: true }), ANN);
    expect((await app.request("/experiments/history/3/revert")).status).toBe(404);
    expect((await app.request("/experiments/history/1/revert")).status).toBe(422);
  });

  test.each(["", "x", "-1", "2.0"])("with the version %j is refused", async (version) => {
    const { app, registry } = await edited();
    expect((await app.request("/experiments/history/2/revert", form({ version }))).status).toBe(400);
    expect(registry.history.last).toBe(2);
  });

  test("needs the session's token, and comes from no other site", async () => {
    const sessions = openSessions(Date.now);
    const { app, registry } = await openApp([active("one")], {
      adminToken: "a-token-of-the-tests-0123456789",
      sessions,
    });
    await edit(registry, "one", { definition: { title: "One" } });
    const session = sessions.open();
    const cookie = `fairsplit=${session}`;
    const revert = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      app.request("/experiments/history/2/revert", form({ version: "3", ...fields }, { cookie, ...headers }));
    const csrf = sessions.csrf(session);
    expect((await revert({})).status).toBe(403);
    expect((await revert({ csrf: "x" })).status).toBe(403);
    expect((await revert({ csrf }, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await revert({ csrf }, { cookie: "" })).status).toBe(401);
    expect(registry.history.last).toBe(2);
    expect((await revert({ csrf })).status).toBe(303);
    expect(registry.get("one")).toMatchObject({ title: "one", updatedBy: "admin" });
  });
});
