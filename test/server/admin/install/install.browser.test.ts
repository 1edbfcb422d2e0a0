import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openDemoApp } from "../../../demo/demo-app.ts";
import { keyboard } from "../../rig/hands.ts";
import { active, inactive } from "../../rig/open-app.ts";
import { servePages } from "../../rig/served-pages.ts";

/** A person's user agent: HeadlessChrome's own counts as a bot. */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

const { served, openPage, expectGood } = servePages(
  () =>
    openDemoApp(readFileSync(new URL("../../../../dist/tag.js", import.meta.url), "utf8"), [
      active("homepage_button_test", { title: "Homepage button" }),
      active("headline_test", { title: "Headline of the landing pages", routes: ["/landing/**"] }),
      inactive("white_gold_btn", { title: "White or gold button" }),
    ]),
  undefined,
  [`--user-agent=${USER_AGENT}`],
);

/** A marketer's site, on another origin. */
let site: Server;
let siteUrl: string;

beforeAll(async () => {
  site = createServer((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><link rel=icon href="data:,"><script async src="${served.origin}/tag.js"></script>
      <div data-exp="homepage_button_test"><template data-group="A"><button data-exp-click="button_click">A</button></template>
        <template data-group="B"><button data-exp-click="button_click">B</button></template></div>
      <div data-exp="homepage_buton_test">A key with a mistake</div>`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

/** Opens the site like a visitor, and waits until the server has its events. */
async function visit(userAgent = USER_AGENT): Promise<Page> {
  const context = await served.browser.newContext({ userAgent });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const reported = page.waitForResponse((response) => response.url().includes("/notes?"));
  await page.goto(siteUrl);
  await reported;
  return page;
}

async function click(page: Page, name: string | RegExp): Promise<void> {
  const reported = page.waitForResponse((response) => response.url().includes("/notes?"));
  await page.getByRole("button", { name }).click();
  await reported;
}

/** The panel after its next request. */
async function checked(page: Page): Promise<string> {
  const isPanel = (response: { url(): string }) => response.url().includes("/install/visits");
  // The first one may have been in flight before.
  await page.waitForResponse(isPanel);
  await page.waitForResponse(isPanel);
  return page.getByRole("status").innerText();
}

test("turns from listening to connected by a new visit, and by nothing else", async () => {
  const old = await visit();
  const page = await openPage("/experiments/install");
  expect(await checked(page)).toContain("Listening…");

  await click(old, /^[AB]$/);
  await visit(BOT);
  const { header } = await (await fetch(`${served.origin}/api/admin/runs`, { method: "POST" })).json();
  const headers = { "fairsplit-run": header, "content-type": "application/json", "user-agent": USER_AGENT };
  await fetch(`${served.origin}/api/expgroups?device_id=simulated`, { headers });
  const body = JSON.stringify([{ deviceId: "simulated", event: "exposure", experiment: "homepage_button_test" }]);
  expect((await fetch(`${served.origin}/events`, { method: "POST", headers, body })).status).toBe(200);
  const previewer = await served.browser.newContext();
  onTestFinished(() => previewer.close());
  const preview = await previewer.newPage();
  await preview.goto(`${siteUrl}/?fairsplit_force=homepage_button_test:B`);
  await preview.locator("fairsplit-badge").waitFor();
  expect(await checked(page)).toMatch(/^Listening…\s+Open a page of your site/);

  await visit();
  await page.getByRole("status").getByText("Connected").waitFor();
  await page.getByText("no experiment has this key").waitFor();
  const panel = await page.locator("[data-live=placeholders]").innerText();
  expect(panel).toMatch(/Seen\s+homepage_button_test\s+on \/ at/);
  expect(panel).toMatch(/No experiment\s+homepage_buton_test\s+on \/ at/);
  expect(panel).toMatch(/Not seen\s+headline_test\s+is running, for \/landing\/\*\* only/);

  await page.getByRole("link", { name: "Start over" }).click();
  expect(await checked(page)).toContain("Listening…");
});

test("asks the server only while somebody can see the page", async () => {
  const page = await openPage("/experiments/install");
  await checked(page);
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().includes("/install/visits")) asked += 1;
  });
  const hide = (isHidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  await page.clock.install();
  await hide(true);
  asked = 0;
  await page.clock.runFor(60_000);
  expect(asked).toBeLessThanOrEqual(1);
  asked = 0;
  await hide(false);
  await expect.poll(() => asked).toBeGreaterThan(0);
});

test("is checked by a link, with the keyboard and without JavaScript", async () => {
  const page = await openPage("/experiments/install", { javaScriptEnabled: false });
  await page.getByText("Listening…").waitFor();
  expect(await page.getByRole("button", { name: /^Copy/ }).count()).toBe(0);
  await visit();
  await keyboard(page).press(page.getByRole("link", { name: "Check again" }));
  await page.getByText("Connected").waitFor();
  await page.getByLabel("Experiment").selectOption("white_gold_btn");
  await keyboard(page).press(page.getByRole("button", { name: "Show its code" }));
  await page.getByText('<div data-exp="white_gold_btn">').waitFor();
});

test("copies the code", async () => {
  const page = await openPage("/experiments/install", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Copy HTML" }).first().click();
  await page.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    `<script async src="${served.origin}/tag.js"></script>`,
  );
});

test("meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
  const page = await openPage("/experiments/install?experiment=homepage_button_test", { bypassCSP: true });
  await page.waitForSelector(".watched");
  await expectGood(page, "install-listening");
  await visit();
  await page.getByText("no experiment has this key").waitFor();
  for (const summary of await page.locator(".install summary").all()) await summary.click();
  await expectGood(page, "install-connected");
});

test("without an experiment meets WCAG 2.2 AA, too", async () => {
  const { registry } = served.demo;
  for (const { key } of registry.list()) await registry.remove(key, { by: "ann", now: "2026-02-06T17:00:00.000Z" });
  await expectGood(await openPage("/experiments/install", { bypassCSP: true }), "install-empty");
});
