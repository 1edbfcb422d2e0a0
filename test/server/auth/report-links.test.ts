import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { transition } from "../../../core/transition.ts";
import { MAX_LINKS, openReportLinks } from "../../../server/auth/report-links.ts";
import { loggedPath } from "../../../server/ops/access-log.ts";
import { authorized, logIn, TOKEN } from "../rig/logged-in.ts";
import { active, openApp, TESTER, temporaryFolder } from "../rig/open-app.ts";

const DAY_MS = 86_400_000;

async function openWithLinks() {
  const path = join(await temporaryFolder(), "report-links.json");
  const noted: string[] = [];
  let now = Date.UTC(2026, 0, 31);
  const open = () =>
    openReportLinks(path, { note: async (action, _, about) => void noted.push(`${action}: ${about}`) }, () => now);
  const reportLinks = await open();
  const experiments = [active("headline", { title: "The headline" }), active("other")];
  const opened = await openApp(experiments, { adminToken: TOKEN, reportLinks });
  return { ...opened, links: reportLinks, path, noted, open, wait: (ms: number) => (now += ms) };
}

test("a link shows one report without a login, and leads to nothing else", async () => {
  const { app, links } = await openWithLinks();
  const { secret } = await links.create("headline", { days: 7 }, TESTER);
  const response = await app.request(`/reports/${secret}`);
  expect(response.status).toBe(200);
  const page = await response.text();
  expect(page).toContain("Results of The headline");
  expect(page).toContain("7 Feb 2026");
  expect(page).not.toMatch(/<form|<nav|csrf/);
  for (const [name, value] of [
    ["cache-control", "no-store"],
    ["referrer-policy", "no-referrer"],
    ["x-robots-tag", "noindex, nofollow"],
    ["access-control-allow-origin", null],
  ] as const) {
    expect(response.headers.get(name), name).toBe(value);
  }
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect((await app.request("/experiments/headline/results")).status).toBe(401);
  for (const wrong of ["x", `${secret}x`, secret.slice(1), links.ofExperiment("headline")[0]?.hash]) {
    expect((await app.request(`/reports/${wrong}`)).status, wrong).toBe(404);
  }
});

test("a link to a deleted experiment does not show the next one with its key; a revert brings it back", async () => {
  const { app, links, registry } = await openWithLinks();
  const later = (minutes: number) => ({ by: "ann", now: `2026-01-31T12:0${minutes}:00.000Z` });
  const { secret } = await links.create("other", { days: 7 }, later(1));
  const state = async () => {
    const listed = await app.request("/api/admin/experiments/other/links", { headers: authorized });
    const shown = await app.request("/experiments/other/links", { headers: authorized });
    const isShown = (await shown.text()).includes("/experiments/other/links/revoke");
    return [(await app.request(`/reports/${secret}`)).status, (await listed.json()).length, isShown];
  };
  const remove = async (minutes: number) => {
    await registry.update("other", (one) => transition(one, { state: "inactive", by: "ann" }, later(minutes).now));
    await registry.remove("other", later(minutes));
  };
  expect(await state()).toEqual([200, 1, true]);
  await remove(2);
  await registry.revert(registry.history.last, later(3));
  expect(await state()).toEqual([200, 1, true]);
  await registry.remove("other", later(4));
  await registry.create({ key: "other", groups: active("other").groups, state: "active" }, later(5));
  expect(await state()).toEqual([404, 0, false]);
  await links.create("other", { days: 7 }, later(6));
  expect((await state()).slice(1)).toEqual([1, true]);
});

test("a link ends by its time, by being revoked, and with its experiment", async () => {
  const { app, links, registry, wait, noted } = await openWithLinks();
  const statusOf = async (secret: string) => (await app.request(`/reports/${secret}`)).status;
  const [short, long, other] = [
    await links.create("headline", { days: 1 }, TESTER),
    await links.create("headline", { days: 30 }, TESTER),
    await links.create("other", { days: 30 }, TESTER),
  ];
  wait(DAY_MS - 1);
  expect(await statusOf(short.secret)).toBe(200);
  wait(1);
  expect(await statusOf(short.secret)).toBe(404);
  expect(links.ofExperiment("headline")).toEqual([long.link]);
  expect(await links.revoke("other", long.link.id, TESTER)).toBeNull();
  expect(await statusOf(long.secret)).toBe(200);
  await links.revoke("headline", long.link.id, TESTER);
  expect(await statusOf(long.secret)).toBe(404);
  await registry.remove("other", TESTER);
  expect(await statusOf(other.secret)).toBe(404);
  expect(noted).toEqual([
    "link_created: the report of headline, until 2026-02-01T00:00:00.000Z",
    "link_created: the report of headline, until 2026-03-02T00:00:00.000Z",
    "link_created: the report of other, until 2026-03-02T00:00:00.000Z",
    "link_revoked: the report of headline, until 2026-03-02T00:00:00.000Z",
  ]);
});

test("its secret is stored as a hash, survives a restart, and is in no line of the access log", async () => {
  const { links, path, open } = await openWithLinks();
  const { secret, link } = await links.create("headline", { days: 1 }, TESTER);
  expect(await readFile(path, "utf8")).not.toContain(secret);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await open()).find(secret)).toEqual(link);
  expect(loggedPath(`/reports/${secret}`)).toBe("/reports/…");
});

test("there are so many at the same time, and no more", async () => {
  const { links, wait } = await openWithLinks();
  for (let n = 0; n < MAX_LINKS; n += 1) await links.create("headline", { days: 1 }, TESTER);
  await expect(links.create("headline", { days: 1 }, TESTER)).rejects.toThrow(`at most ${MAX_LINKS} links`);
  wait(DAY_MS);
  await links.create("headline", { days: 1 }, TESTER);
  expect(links.ofExperiment("headline")).toHaveLength(1);
});

test("the API and the page make, list and revoke links, and say what is allowed", async () => {
  const { app, sessions } = await openWithLinks();
  const api = (method: string, path = "", body?: object) =>
    app.request(`/api/admin/experiments/headline/links${path}`, {
      method,
      headers: { ...authorized, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
  const made = await (await api("POST", "", { days: 2 })).json();
  const { path, ...shown } = made;
  expect(await (await api("GET")).json()).toEqual([shown]);
  expect((await app.request(path)).status).toBe(200);
  for (const days of [0, 366, 1.5, "2", null]) {
    const response = await api("POST", "", { days });
    expect((await response.json()).errors[0].allowed).toBe("a whole number of days from 1 to 365");
  }
  expect((await api("DELETE", `/${shown.id}`)).status).toBe(204);
  expect((await api("DELETE", `/${shown.id}`)).status).toBe(404);

  const { cookie, csrf } = logIn(sessions);
  const form = (path: string, fields: Record<string, string>) =>
    app.request(`http://ab.example.com/experiments/headline/links${path}`, {
      method: "POST",
      headers: cookie,
      body: new URLSearchParams({ csrf, ...fields }),
    });
  const page = await (await form("", { days: "3" })).text();
  const [link = ""] = /http:\/\/ab\.example\.com\/reports\/[\w-]{43}/.exec(page) ?? [];
  expect((await app.request(link)).status).toBe(200);
  const again = await (await app.request("/experiments/headline/links", { headers: cookie })).text();
  expect(again).not.toContain("/reports/");
  expect(await (await form("", { days: "soon" })).text()).toContain("“soon” is not valid. Use a whole number of days");
  const id = /name="id" value="([^"]+)"/.exec(again)?.[1] ?? "";
  expect((await form("/revoke", { id })).status).toBe(303);
  expect((await app.request(link)).status).toBe(404);
});
