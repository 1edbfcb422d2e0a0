import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createClient, expressGroups } from "../../sdk/node/index.ts";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { openShop, VISITOR } from "../tag/shop.ts";

const PAGE = `<!doctype html><html lang="en"><head><title>A shop</title></head><body>
  <div data-exp="test"><template data-group="A"><b>A</b></template><template data-group="B"><b>B</b></template></div>
  </body></html>`;

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;
let site: Server;
let asked: string[];
/** Policy of the site's pages. */
let policy: string | undefined;

beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
});
afterAll(() => browser?.close());

beforeEach(async () => {
  shop = await openShop([active("test")]);
  const client = createClient({ baseUrl: shop.apiUrl, timeoutMs: 5000 });
  const app = express();
  app.use(expressGroups(client, { inlineTag: { data: { timeout: "5000" } } }) as never);
  app.use((_, response) => {
    if (policy) response.setHeader("content-security-policy", policy.replaceAll("{api}", shop.apiUrl));
    response.send(PAGE);
  });
  site = createServer(app as never).listen(0, "127.0.0.1");
  await new Promise((resolve) => site.once("listening", resolve));
  policy = undefined;
  asked = [];
});
afterEach(async () => {
  site.closeAllConnections();
  site.close();
  await shop.close();
});

const address = () => `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;

async function visit(): Promise<Page> {
  const page = await browser.newPage();
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(address());
  return page;
}

test("a first view shows the variant with no script and no answer", async () => {
  const page = await browser.newPage();
  // Nothing of the server arrives, neither a script nor groups.
  await page.route(`${shop.apiUrl}/**`, () => {});
  await page.goto(address(), { waitUntil: "commit" });
  expect(await page.locator("[data-exp] > b").textContent()).toMatch(/^[AB]$/);
  await page.close();
});

test("is counted once, in the group that was seen, and needs no script of the server before it", async () => {
  const page = await visit();
  const seen = await page.locator("[data-exp] > b").textContent();
  await expect.poll(shop.heard).toEqual(["exposure /", "pageview /"]);
  const events = (await (await fetch(`${shop.apiUrl}/events?limit=100`)).json()) as { event: string; group: string }[];
  expect(events.filter(({ event }) => event === "exposure").map(({ group }) => group)).toEqual([seen]);
  expect(asked).not.toContain("/tag.js");
  await page.close();
});

test("a policy with a nonce allows it", async () => {
  policy = "default-src 'none'; script-src 'nonce-r4nd0m' {api}; connect-src {api}";
  const page = await visit();
  expect(await page.locator("[data-exp] > b").textContent()).toMatch(/^[AB]$/);
  expect(asked).not.toContain("/tag.js");
  await page.close();
});

test("with a policy that forbids inline scripts the tag comes as a script of its own", async () => {
  policy = "default-src 'none'; script-src {api}; connect-src {api}";
  const page = await visit();
  expect(await page.locator("[data-exp] > b").textContent()).toMatch(/^[AB]$/);
  expect(asked).toContain("/tag.js");
  await page.close();
});
