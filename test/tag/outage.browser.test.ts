import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Event } from "../../core/event.ts";
import type { Fairsplit } from "../../tag/fairsplit.ts";
import { launchBrowser } from "../launch-browser.ts";
import { start } from "../server/rig/built-program.ts";
import { temporaryFolder } from "../server/rig/open-app.ts";
import { listening, VISITOR } from "./shop.ts";

const MINUTE_MS = 60_000;

let browser: Browser;
/** The marketer's site, which stays up and serves the tag itself. */
let site: Server;
let siteUrl: string;
let apiUrl: string;

beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
  const tag = await readFile(new URL("../../dist/tag.js", import.meta.url), "utf8");
  site = createServer(({ url }, response) => {
    if (url === "/tag.js") response.setHeader("content-type", "text/javascript").end(tag);
    else
      response.setHeader("content-type", "text/html").end(`<!doctype html><link rel="icon" href="data:,">
        <script src="/tag.js" data-api="${apiUrl}" data-timeout="200"></script>
        <button data-exp="homepage_button_test" data-exp-click="button_click">Buy</button><p>`);
  }).listen(0, "127.0.0.1");
  siteUrl = `http://127.0.0.1:${await listening(site)}`;
});

afterAll(async () => {
  await browser?.close();
  site.closeAllConnections();
  site.close();
});

/** A server process that can be killed and restarted on the same port with the same data. */
async function openServer() {
  const data = await temporaryFolder();
  let port = "0";
  const up = () => start(["demo", "--data", data, "--port", port, "--rate-limit", "0"]);
  let server = await up();
  apiUrl = server.base;
  port = new URL(apiUrl).port;
  return {
    async kill() {
      server.child.kill("SIGKILL");
      await server.closed;
    },
    async comeBack() {
      server = await up();
      expect(server.base).toBe(apiUrl);
    },
  };
}

/** A browser whose clock the test controls. */
async function openVisitor() {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  await context.clock.install({ time: new Date() });
  const errors: Error[] = [];
  context.on("weberror", (error) => errors.push(error.error()));
  return { context, errors, minutes: (count: number) => context.clock.runFor(count * MINUTE_MS) };
}

let paths = 0;
/** Opens a page with a unique path. */
async function visit(page: Page): Promise<void> {
  paths += 1;
  await page.goto(`${siteUrl}/page/${paths}`, { waitUntil: "commit" });
  await page.waitForFunction(() => !!document.querySelector("p") && "events" in (window.fairsplit ?? {}));
}

let tracked = 0;
/** Causes an event on a page, identified by its number. */
async function track(page: Page): Promise<void> {
  tracked += 1;
  await page.evaluate((n) => (window.fairsplit as Fairsplit).track("happened", { n }), tracked);
}

const line = ({ event, path, params }: Partial<Event>) => `${path} ${event} ${params?.n ?? ""}`;

/** The events reported by a page so far. */
const reported = async (page: Page) =>
  (await page.evaluate(() => (window.fairsplit as Fairsplit).events as Partial<Event>[])).map(line);

/** The server's events with their counts. */
async function stored(): Promise<string[]> {
  const response = await fetch(`${apiUrl}/events?limit=10000`);
  return ((await response.json()) as Event[]).filter(({ source }) => source === "browser").map(line);
}

/** Advances time until the server has as many events as were reported, and then some more. */
async function settle(contexts: readonly BrowserContext[], expected: readonly string[]): Promise<string[]> {
  const pass = () => Promise.all(contexts.map(({ clock }) => clock.runFor(MINUTE_MS / 2)));
  await expect
    .poll(
      async () => {
        await pass();
        const has = new Set(await stored());
        return expected.filter((one) => !has.has(one));
      },
      { timeout: 40_000 },
    )
    .toEqual([]);
  for (let time = 0; time < 8; time += 1) await pass();
  return (await stored()).sort();
}

test("the server is killed before, while and after pages load, for ten minutes: each event arrives exactly once", async () => {
  const server = await openServer();
  const [anna, ben] = [await openVisitor(), await openVisitor()];
  const minutesPass = (count: number) => Promise.all([anna.minutes(count), ben.minutes(count)]);
  const expected: string[] = [];
  const leave = async (page: Page, how: (page: Page) => Promise<void>) => {
    expected.push(...(await reported(page)));
    await how(page);
  };
  const open = async ({ context }: typeof anna) => {
    const page = await context.newPage();
    await visit(page);
    return page;
  };
  const [stays, moves, closes] = [await open(anna), await open(anna), await open(anna)];
  const last = await open(ben);
  for (const page of [stays, moves, closes, last]) {
    await page.locator("button").click();
    await track(page);
  }
  // Kill while one page loads and another reports.
  const loading = await anna.context.newPage();
  const isAsking = loading.waitForEvent("request", (request) => request.url().includes("/groups?"));
  const loaded = visit(loading);
  const reporting = (async () => {
    for (let time = 0; time < 20; time += 1) await track(last);
  })();
  await isAsking;
  await server.kill();
  await Promise.all([loaded, reporting]);
  const late = await open(anna);
  for (const page of [stays, closes, late]) await track(page);
  await minutesPass(3);
  await leave(moves, visit);
  await track(moves);
  await leave(closes, (page) => page.close());
  await minutesPass(3);
  for (const page of [stays, moves, loading, late, last]) await track(page);
  await leave(moves, visit);
  // With no other page open in this browser, its unsent events wait for the next visit.
  await leave(last, (page) => page.close());
  await minutesPass(4);
  await server.comeBack();
  const next = await open(ben);
  for (const page of [stays, moves, loading, late, next]) await leave(page, track);
  for (const page of [stays, moves, loading, late, next]) expected.push(...(await reported(page)).slice(-1));
  expect(expected.filter((text) => text.includes("pageview"))).toHaveLength(9);
  expect(expected.filter((text) => text.includes("happened"))).toHaveLength(tracked);
  expect(await settle([anna.context, ben.context], expected)).toEqual(expected.sort());
  expect([...anna.errors, ...ben.errors]).toEqual([]);
});

test("two tabs of one browser send each line once, as long as the server answers", async () => {
  await openServer();
  const { context, errors, minutes } = await openVisitor();
  const sent: string[] = [];
  context.on("request", (request) => {
    const body = request.method() === "POST" ? (request.postData() ?? "[]") : "[]";
    sent.push(...(JSON.parse(body) as Event[]).map(({ id }) => id));
  });
  const tabs = [await context.newPage(), await context.newPage()];
  const reportedBy = async () => (await Promise.all(tabs.map(reported))).flat();
  for (const tab of tabs) await visit(tab);
  for (let time = 0; time < 10; time += 1) {
    // Act at the same time, so that one tab stores a line while the other deletes one.
    await Promise.all(tabs.flatMap((tab) => [track(tab), track(tab)]));
    // No answer may take minutes: the other tab would consider the events left behind and send them
    // too.
    for (const tab of tabs)
      await expect.poll(() => tab.evaluate(() => Object.keys(localStorage))).toEqual(["fairsplit"]);
    await minutes(0.5);
  }
  const expected = await reportedBy();
  expect(await settle([context], expected)).toEqual(expected.sort());
  expect(new Set(sent).size).toBe(expected.length);
  expect(sent).toHaveLength(expected.length);
  expect(errors).toEqual([]);
});
