import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { active } from "../server/rig/open-app.ts";
import { openShop } from "../tag/shop.ts";
import { startChromium } from "./chromium.ts";
import type { Engine } from "./engine.ts";
import { startFirefox } from "./firefox.ts";
import { startWebKit } from "./webkit.ts";

// The tag's main cases in every engine that this machine has. The run says which it had.

const TAG = `<script async src="{api}/tag.js"></script>`;
const template = (group: string) =>
  `<template data-group="${group}"><button data-exp-click="buy">Buy ${group}</button></template>`;
const PLACEHOLDER = `<div data-exp="test">Own${template("A")}${template("B")}</div>`;
const TEXT = `<h1 data-exp="headline" data-exp-text>Old</h1>`;
const shownText = (selector: string) => `document.querySelector(${JSON.stringify(selector)})?.innerText`;

const ENGINES = [
  ["Chromium", startChromium, "apt-get install chromium"],
  ["Firefox", startFirefox, "apt-get install firefox-esr"],
  ["WebKit", startWebKit, "apt-get install webkit2gtk-driver xvfb"],
] as const;

let shop: Awaited<ReturnType<typeof openShop>>;
/** Number of hosts given out: each visitor has one, and so cookies and storage of its own. */
let hosts = 1;

beforeAll(async () => {
  const texts = ["A", "B"].map((name) => ({ name, weight: 1, payload: `New ${name}` }));
  shop = await openShop([active("test"), active("headline", { groups: texts })], "0.0.0.0");
  shop.pages
    .set("/", `${TAG}${PLACEHOLDER}`)
    .set("/text", `${TAG}${TEXT}`)
    .set("/consent", `${TAG.replace("async", 'async data-consent="required"')}${PLACEHOLDER}`)
    .set("/from", `${TAG}<div data-exp="test" data-exp-redirect="A:/to B:/to"></div>`)
    .set("/to", `${TAG}<div data-exp="test" data-exp-redirect="A:/from B:/from"></div><p>there</p>`)
    .set(
      "/memory",
      `${TAG}${PLACEHOLDER}<script>addEventListener("pageshow", (e) => (window.isFromMemory = e.persisted))</script>`,
    );
});
afterAll(() => shop?.close());

describe.each(ENGINES)("%s", { timeout: 120_000 }, (name, start, install) => {
  let engine: Engine | undefined;

  beforeAll(async () => {
    engine = await start();
    const had = engine ? `with ${engine.name}` : `without ${name}, which is not installed here (Debian: ${install})`;
    process.stderr.write(`engines: ${had}\n`);
  });
  afterAll(() => engine?.close());

  /** A visitor with an empty profile. */
  const visitor = (skip: () => void) => {
    if (!engine) skip();
    const { open, evaluate } = engine as Engine;
    hosts += 1;
    const site = `http://127.0.0.${hosts}:${new URL(shop.siteUrl).port}`;
    const cookie = async () => /fairsplit_id=(\w+)/.exec(String(await evaluate("document.cookie")))?.[1];
    let device: string | undefined;
    return {
      open: (path: string) => open(site + path),
      evaluate,
      cookie,
      shows: (selector: string, text: RegExp) =>
        expect.poll(() => evaluate(shownText(selector)), { timeout: 15_000 }).toMatch(text),
      /** Events of the visitor's device, as the server stored them. */
      async events() {
        device ??= await cookie();
        const events = await shop.stored();
        return events
          .filter(({ deviceId }) => deviceId === device)
          .map(({ event, path }) => `${event} ${path}`)
          .sort();
      },
    };
  };
  const hears = (events: () => Promise<string[]>, expected: readonly string[]) =>
    expect.poll(events, { timeout: 15_000 }).toEqual(expected);

  test("shows a template, exposes it, and hears a click", async ({ skip }) => {
    const { open, shows, evaluate, events } = visitor(skip);
    await open("/");
    await shows("[data-exp]", /^Buy [AB]$/);
    await hears(events, ["exposure /", "pageview /"]);
    await evaluate(`document.querySelector("button").click()`);
    await hears(events, ["buy /", "exposure /", "pageview /"]);
  });

  test("shows a text", async ({ skip }) => {
    const { open, shows, events } = visitor(skip);
    await open("/text");
    await shows("h1", /^New [AB]$/);
    await hears(events, ["exposure /text", "pageview /text"]);
  });

  test("redirects once, between pages that redirect to each other", async ({ skip }) => {
    const { open, shows, events } = visitor(skip);
    await open("/from");
    await shows("p", /^there$/);
    await hears(events, ["exposure /from", "pageview /from", "pageview /to"]);
  });

  test("counts nothing without consent, and everything from then on", async ({ skip }) => {
    const { open, shows, evaluate, cookie, events } = visitor(skip);
    await open("/consent");
    await shows("[data-exp]", /^Buy A$/);
    expect([await cookie(), await evaluate("localStorage.length")]).toEqual([undefined, 0]);
    await evaluate("fairsplit.consent(true)");
    await expect.poll(cookie, { timeout: 15_000 }).toMatch(/^\w{32}$/);
    await hears(events, ["exposure /consent", "pageview /consent"]);
  });

  test("keeps the device and its group over three views", async ({ skip }) => {
    const { open, shows, cookie, evaluate, events } = visitor(skip);
    const seen = new Set<unknown>();
    for (let view = 1; view <= 3; view += 1) {
      await open("/");
      await shows("[data-exp]", /^Buy [AB]$/);
      seen.add(`${await cookie()} ${await evaluate(shownText("[data-exp]"))}`);
      await expect.poll(async () => (await events()).length, { timeout: 15_000 }).toBe(2 * view);
    }
    expect(seen.size).toBe(1);
  });

  test("counts a view for each page of an app", async ({ skip }) => {
    const { open, shows, evaluate, events } = visitor(skip);
    await open("/");
    await shows("[data-exp]", /^Buy [AB]$/);
    await hears(events, ["exposure /", "pageview /"]);
    await evaluate(`history.pushState("", "", "/next") || document.body.append("next")`);
    await hears(events, ["exposure /", "exposure /next", "pageview /", "pageview /next"]);
  });

  test("counts the view of a page that comes back, from memory where the engine has it", async ({ skip }) => {
    const { open, shows, evaluate, events } = visitor(skip);
    await open("/memory");
    await shows("[data-exp]", /^Buy [AB]$/);
    await hears(events, ["exposure /memory", "pageview /memory"]);
    await open("/text");
    await hears(events, ["exposure /memory", "exposure /text", "pageview /memory", "pageview /text"]);
    await evaluate("void setTimeout(() => history.back())");
    await shows("[data-exp]", /^Buy [AB]$/);
    const isFromMemory = await evaluate("isFromMemory");
    process.stderr.write(`engines: ${engine?.name} comes back from ${isFromMemory ? "memory" : "the server"}\n`);
    // A page from memory is the same view of the experiment; one from the server is another.
    const exposures = isFromMemory ? ["exposure /memory"] : ["exposure /memory", "exposure /memory"];
    await hears(events, [...exposures, "exposure /text", "pageview /memory", "pageview /memory", "pageview /text"]);
  });
});
