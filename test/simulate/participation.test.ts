import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Event } from "../../core/event.ts";
import { openRegistry } from "../../server/registry/registry.ts";
import { verify } from "../../server/verify/verify.ts";
import { checkAccounting } from "../../simulate/checks/accounting.ts";
import { conversions } from "../../simulate/checks/conversion.ts";
import { independences } from "../../simulate/checks/independence.ts";
import { checkRendering } from "../../simulate/checks/rendering.ts";
import { splits } from "../../simulate/checks/split.ts";
import type { Observations } from "../../simulate/observations.ts";
import type { SimulationReport } from "../../simulate/report.ts";
import { PROGRAM } from "../server/rig/built-program.ts";
import { active, pageview, TESTER } from "../server/rig/open-app.ts";

/** The page of the demo, whose experiments are these. */
const button = (draft = {}) => active("homepage_button_test", draft);
const headline = (draft = {}) =>
  active("headline_test", { groups: ["Future", "Journey"].map((name) => ({ name, weight: 50 })), ...draft });

test("a run passes where only some visitors take part, and its log is in order", async () => {
  const data = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const registry = await openRegistry(join(data, "experiments.json"), [
    button({ dependsOn: { key: "headline_test", group: "Journey" }, routes: ["/demo/**"] }),
    headline({ layer: { name: "demo", from: 0, to: 8000 } }),
  ]);
  await registry.updateSettings((settings) => ({ ...settings, holdout: { share: 0.2, salt: "2026" } }), TESTER);
  const server = spawn(process.execPath, [PROGRAM, "demo", "--port", "0", "--data", data], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout as NodeJS.ReadableStream, "data");
  const url = /http:\S+/.exec(String(line))?.[0] ?? "";
  const report = await new Promise<SimulationReport>((resolve) => {
    const args = [PROGRAM, "simulate", "--url", url, "--seed", "17", "-n", "60", "--json"];
    execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (_, stdout) => resolve(JSON.parse(stdout)));
  });
  server.kill("SIGTERM");
  await once(server, "exit");
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  const tookPart = (key: string) =>
    report.experiments.find((each) => each.key === key)?.groups.reduce((sum, { seen }) => sum + seen, 0) ?? 0;
  expect(tookPart("headline_test")).toBeLessThan(60);
  expect(tookPart("homepage_button_test")).toBeLessThan(tookPart("headline_test"));
  expect(tookPart("homepage_button_test")).toBeGreaterThan(0);
  expect(await verify(data)).toMatchObject({ ok: true });
}, 120_000);

test("understands the html, texts and attributes of a page of one's own", async () => {
  const data = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const groups = (of: (name: string) => object) => ["A", "B"].map((name) => ({ name, weight: 50, ...of(name) }));
  await openRegistry(join(data, "experiments.json"), [
    active("markup", { groups: groups((name) => ({ html: `<b class=x>${name}</b><br>` })) }),
    active("headline", { groups: groups((name) => ({ payload: `Title ${name} & more` })) }),
    active("link", { groups: groups((name) => ({ payload: `/${name}` })) }),
    active("color"),
  ]);
  const server = spawn(process.execPath, [PROGRAM, "demo", "--port", "0", "--data", data], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout as NodeJS.ReadableStream, "data");
  const url = /http:\S+/.exec(String(line))?.[0] ?? "";
  const site = createServer((_, response) =>
    response.setHeader("content-type", "text/html; charset=utf-8").end(`<!doctype html><link rel="icon" href="data:,">
      <script async src="${url}/tag.js"></script><div data-exp="markup">Own</div>
      <h1 data-exp="headline" data-exp-text>Own</h1><a data-exp="link" data-exp-attr="href" href="/own">Go</a>
      <p data-exp="color" data-exp-class="A:white B:gold">x</p><button data-exp-click="signup">Sign up</button>`),
  ).listen(0, "127.0.0.1");
  await once(site, "listening");
  const page = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
  const report = await new Promise<SimulationReport>((resolve) => {
    const args = [PROGRAM, "simulate", "--url", url, "--page", page, "--seed", "17", "-n", "20", "--json"];
    execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (_, stdout) => resolve(JSON.parse(stdout)));
  });
  site.close();
  server.kill("SIGTERM");
  await once(server, "exit");
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.rendering).toMatchObject({ visits: 20, mismatches: 0 });
  const clicks = report.accounting.sent - 20 * 5;
  // Four experiments whose groups are clicked by 0.1 or 0.2 of the visitors.
  expect(clicks).toBeGreaterThan(0);
  expect(clicks).toBeLessThan(40);
  expect(report.accounting).toMatchObject({ stored: report.accounting.sent, lost: 0, unexpected: 0 });
  const converted = report.conversions.filter(({ experiment }) => experiment === "color");
  expect(converted.reduce((sum, row) => sum + row.converted, 0)).toBeGreaterThan(0);
}, 120_000);

test("clicks links and forms of a page of one's own without leaving it", async () => {
  const data = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  await openRegistry(
    join(data, "experiments.json"),
    ["link", "tab", "form", "button"].map((key) => active(key)),
  );
  const server = spawn(process.execPath, [PROGRAM, "demo", "--port", "0", "--data", data], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout as NodeJS.ReadableStream, "data");
  const url = /http:\S+/.exec(String(line))?.[0] ?? "";
  const both = (html: string) => ["A", "B"].map((name) => `<template data-group="${name}">${html}${name}</template>`);
  const placeholders = [
    ["link", `<a href="/next" data-exp-click="signup">Go `],
    ["tab", `<a href="/next" target="_blank" data-exp-click="signup">Open `],
    ["form", `<form action="/next"><button data-exp-click="signup">Send `],
    ["button", `<button data-exp-click="signup" onclick="location.href = '/next'">Buy `],
  ].map(([key, html]) => `<div data-exp="${key}">Own${both(`${html}`).join("")}</div>`);
  // The next page is also the site's, with the tag.
  const site = createServer((_, response) =>
    response
      .setHeader("content-type", "text/html; charset=utf-8")
      .end(
        `<!doctype html><link rel="icon" href="data:,"><script async src="${url}/tag.js"></script>${placeholders.join("")}`,
      ),
  ).listen(0, "127.0.0.1");
  await once(site, "listening");
  const page = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
  const report = await new Promise<SimulationReport>((resolve) => {
    const rates = ["link", "tab", "form", "button"].flatMap((key) => [`${key}.A=0.6`, `${key}.B=0.6`]).join();
    const args = [
      PROGRAM,
      "simulate",
      "--url",
      url,
      "--page",
      page,
      "--seed",
      "17",
      "-n",
      "20",
      "--rates",
      rates,
      "--json",
    ];
    execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (_, stdout) => resolve(JSON.parse(stdout)));
  });
  site.closeAllConnections();
  site.close();
  server.kill("SIGTERM");
  await once(server, "exit");
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.accounting.sent - 20 * 5).toBeGreaterThan(30);
}, 120_000);

/** Visitor i saw these two groups, and the server recorded these reasons. */
type Visitor = readonly [button: "A" | "B", headline: "Future" | "Journey", reasons: Readonly<Record<string, string>>];

function observe(visitors: readonly Visitor[], isExposed: (i: number, experiment: string) => boolean): Observations {
  const claim = (names: readonly string[]) => ({
    title: "",
    state: "active" as const,
    active: true,
    groups: Object.fromEntries(names.map((name) => [name, 50])),
    fallback: names[0] ?? "",
    control: names[0] ?? "",
  });
  const variants = (names: readonly string[]) => names.map((group) => ({ group, html: `<b>${group}</b>` }));
  const events = visitors.flatMap(([one, two, reasons], i): Event[] => {
    const deviceId = `d${i}`;
    const params = { button: reasons.button === "no_unit" ? "" : one, headline: two };
    const exposures = Object.entries({ button: one, headline: two }).flatMap(([experiment, group]) =>
      isExposed(i, experiment)
        ? pageview(`${i}-${experiment}`, { deviceId, event: "exposure", experiment, group, epoch: 1 })
        : [],
    );
    return [
      pageview(`${i}-groups`, { deviceId, event: "exp_groups", source: "backend", params, reasons }),
      pageview(`${i}-page`, { deviceId }),
      ...exposures,
    ];
  });
  return {
    claims: { button: claim(["A", "B"]), headline: claim(["Future", "Journey"]) },
    // By default A is clicked by 0.1 and B by 0.2 of those who see it.
    rates: new Map(),
    results: new Map(),
    events,
    visits: visitors.map(([one, two], index) => ({
      index,
      clicks: [],
      errors: [],
      seen: {
        deviceId: `d${index}`,
        placeholders: [
          { experiment: "button", rendered: `<b>${one}</b>`, variants: variants(["A", "B"]), clicks: ["button_click"] },
          { experiment: "headline", rendered: `<b>${two}</b>`, variants: variants(["Future", "Journey"]), clicks: [] },
        ],
        historyLength: 2,
        acknowledged: true,
      },
    })),
  };
}

const VISITORS: readonly Visitor[] = [
  ["A", "Future", {}],
  ["B", "Journey", {}],
  ["A", "Future", { button: "dependency" }],
  ["A", "Journey", { button: "no_unit" }],
  ["B", "Future", { button: "sticky" }],
  ["A", "Future", { headline: "forced" }],
];
const takesPart = (i: number, experiment: string) => ["sticky", undefined].includes(VISITORS[i]?.[2][experiment]);

test("accounts for one exposure of each visitor that takes part, and none of the others", () => {
  const check = (isExposed: typeof takesPart) => checkAccounting(observe(VISITORS, isExposed));
  expect(check(takesPart)).toMatchObject({ accounting: { sent: 15, stored: 15 }, check: { ok: true } });
  expect(check((i, key) => takesPart(i, key) || i === 2)).toMatchObject({
    accounting: { lost: 0, unexpected: 1 },
    check: { ok: false, detail: expect.stringContaining("exposure of button by device d2: sent 0, stored 1") },
  });
  expect(check((i, key) => takesPart(i, key) && i !== 4)).toMatchObject({
    accounting: { lost: 2 },
    check: { ok: false },
  });
});

test("accounts for a placeholder that no experiment is for, which the tag reports", () => {
  const { claims, events, ...observations } = observe(VISITORS.slice(0, 1), takesPart);
  const { headline: _, ...others } = claims;
  const reported = (reports: readonly Event[]) =>
    checkAccounting({
      ...observations,
      claims: others,
      events: [...events.filter(({ experiment }) => experiment !== "headline"), ...reports],
    }).accounting;
  const report = pageview("unknown", { deviceId: "d0", event: "unknown_placeholder", experiment: "headline" });
  expect(reported([report])).toMatchObject({ sent: 3, stored: 3, lost: 0, unexpected: 0 });
  expect(reported([])).toMatchObject({ lost: 1 });
});

test("compares with the weights only those whose group the weights decided", () => {
  const observations = observe(VISITORS, takesPart);
  const seen = splits(observations).experiments.map(({ groups }) => groups.map(({ seen }) => seen));
  expect(seen).toEqual([
    [2, 1],
    [3, 2],
  ]);
  const [pair] = independences(observations).pairs;
  expect(pair?.cells.map(({ share }) => share)).toEqual([0.5, 0, 0, 0.5]);
});

test("expects of a group the clicks that its own visitors' other variants give", () => {
  const { rows } = conversions(observe(VISITORS, takesPart));
  expect(rows.map(({ experiment, group, devices, expected }) => [experiment, group, devices, expected])).toEqual([
    ["button", "A", 2, expect.closeTo(0.1, 12)],
    ["button", "B", 2, expect.closeTo(0.2, 12)],
    ["headline", "Future", 3, expect.closeTo(0.4 / 3, 12)],
    ["headline", "Journey", 2, expect.closeTo(0.15, 12)],
  ]);
});

test("wants the fallback in the page where there was no unit to assign", () => {
  expect(checkRendering(observe(VISITORS, takesPart)).rendering.mismatches).toBe(0);
  const wrong = VISITORS.map(
    (visitor): Visitor => (visitor[2].button === "no_unit" ? ["B", visitor[1], visitor[2]] : visitor),
  );
  expect(checkRendering(observe(wrong, takesPart)).rendering.mismatches).toBe(1);
});
