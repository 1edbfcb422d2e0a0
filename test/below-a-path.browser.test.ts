import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "./launch-browser.ts";
import { freePort, hasProgram, PROXIES, startProxy } from "./real-proxies.ts";
import { start } from "./server/rig/built-program.ts";
import { temporaryFolder } from "./server/rig/open-app.ts";

/** Replaces the headless browser's user agent, whose visits are not counted. */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/159.0.0.0 Safari/537.36";
const TOKEN = "9d8f6c1b7a3e5042d1c8b6f4";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** A site elsewhere whose page has the tag. */
async function openSite(html: string): Promise<string> {
  const page = `<!doctype html><title>shop</title>${html}`;
  const site = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(page));
  onTestFinished(() => void site.close());
  await once(site.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
}

const CASES = PROXIES.slice(0, 2).map((proxy, place) => ({ name: proxy.name, proxy, isStripped: place === 0 }));

test.for(CASES)(
  "behind $name below a path, which it takes off: $isStripped, an experiment is made, seen and counted",
  { timeout: 120_000 },
  async ({ proxy, isStripped }, { skip }) => {
    skip(!hasProgram(proxy.name), `${proxy.name} is not installed`);
    const folder = await temporaryFolder();
    const socket = join(folder, "fairsplit.sock");
    const port = await freePort();
    const base = `http://127.0.0.1:${port}/ab`;
    const settings = ["--base-url", base, "--admin-token", TOKEN, "--trust-proxy", "1"];
    await start(["serve", "--data", join(folder, "data"), "--listen", `unix:${socket}`, ...settings]);
    await startProxy(proxy, { folder, socket, port }, (text) => proxy.below(text, "/ab", isStripped));
    const statusOf = () =>
      fetch(`${base}/readyz`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(statusOf, { timeout: 30_000 }).toBe(200);

    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const elsewhere: string[] = [];
    context.on("request", (request) => {
      const { origin, pathname } = new URL(request.url());
      if (base.startsWith(origin) && !pathname.startsWith("/ab/")) elsewhere.push(request.url());
    });
    const page = await context.newPage();
    await page.goto(`${base}/experiments`);
    expect(page.url()).toBe(`${base}/login?next=%2Fexperiments`);
    await page.getByLabel("Admin token").fill(TOKEN);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.waitForURL(`${base}/experiments`);
    expect(await page.evaluate(() => getComputedStyle(document.body).fontFamily)).not.toBe("");
    expect(await context.cookies()).toMatchObject([{ name: "fairsplit", path: "/ab" }]);

    await page.getByRole("link", { name: "New experiment" }).click();
    await page.locator("input[name=title]").fill("Sign up");
    await page.locator("input[name=key]").fill("signup_button");
    await page.getByRole("button", { name: "Create" }).click();
    await page.waitForURL(/\/ab\/experiments\/signup_button/);
    await page.goto(`${base}/experiments`);
    await page.getByRole("button", { name: "Start Sign up" }).click();
    await page.waitForURL(`${base}/experiments/signup_button#override`);
    await page.getByRole("checkbox", { name: "Start without a rehearsal that passed" }).check();
    await page.getByRole("textbox", { name: "Reason, for the history" }).fill("a test");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("button", { name: "Pause" }).waitFor();

    await page.goto(`${base}/experiments/signup_button/results`);
    const isEmpty = page.locator("[data-results-live] a[href='/ab/experiments/install']");
    await isEmpty.waitFor();
    const site = await openSite(`<script async src="${base}/tag.js"></script>
      <div data-exp="signup_button">…<template data-group="A"><button>A</button></template>
      <template data-group="B"><button>B</button></template></div>`);
    const visitor = await browser.newContext({ userAgent: USER_AGENT });
    onTestFinished(() => visitor.close());
    const visit = await visitor.newPage();
    const stored = visit.waitForResponse((response) => response.url().startsWith(`${base}/notes`));
    await visit.goto(site);
    await visit.locator("[data-exp] button").waitFor();
    expect((await stored).ok()).toBe(true);
    // The page that was open before shows it by itself.
    await isEmpty.waitFor({ state: "detached" });
    expect(elsewhere).toEqual([]);
  },
);
