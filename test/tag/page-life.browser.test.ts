import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { openShop, VISITOR } from "./shop.ts";

// Pages that are printed, and pages that are rendered ahead of their visit. The back/forward cache
// is in test/engines, because a headless shell has none.

const TAG = `<script async src="{api}/tag.js"></script>`;
const PLACEHOLDER = `<div data-exp="test">Own${["A", "B"]
  .map((group) => `<template data-group="${group}"><button data-exp-click="buy">Buy ${group}</button></template>`)
  .join("")}</div>`;
const SHOWN = "document.querySelector('[data-exp]').innerText";

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;

beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
  shop = await openShop([active("test")]);
});
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

/** Events that the server stored of the pages whose path begins so. */
const heard = async (path: string) => (await shop.heard()).filter((line) => line.includes(` ${path}`));

describe("a printed page", () => {
  test.each([
    ["as it is", ""],
    ["whose script changes it for printing", "addEventListener('beforeprint', () => document.body.append('printed'))"],
    [
      "whose script puts its own content there for printing",
      `addEventListener('beforeprint', () => { const p = document.querySelector('[data-exp]'); p.innerHTML = window.before; })`,
    ],
  ])("shows the variant, %s, and is one view and one exposure", async (_, script) => {
    const path = `/print${script.length}`;
    shop.pages.set(
      path,
      `${TAG}${PLACEHOLDER}<script>before = document.querySelector('[data-exp]').innerHTML; ${script}</script>`,
    );
    const context: BrowserContext = await browser.newContext();
    const page = await context.newPage();
    await page.goto(shop.siteUrl + path);
    await expect.poll(() => heard(path)).toEqual([`exposure ${path}`, `pageview ${path}`]);
    const shown = await page.evaluate(SHOWN);
    expect(shown).toMatch(/^Buy [AB]$/);
    expect((await page.pdf()).subarray(0, 5).toString()).toBe("%PDF-");
    await page.emulateMedia({ media: "print" });
    await expect.poll(() => page.evaluate(SHOWN)).toBe(shown);
    await page.evaluate("fairsplit.track('after')");
    await expect.poll(() => heard(path)).toEqual([`after ${path}`, `exposure ${path}`, `pageview ${path}`]);
    await context.close();
  });
});

test("a page that is rendered ahead is no view before it is visited, and one view from then on", async () => {
  // Chromium renders nothing ahead while it is driven: the page says that it is.
  const ahead = (is: boolean) =>
    `Object.defineProperty(document, "prerendering", { value: ${is}, configurable: true });`;
  shop.pages.set("/ahead", `<script>${ahead(true)}</script>${TAG}${PLACEHOLDER}`);
  const asked: string[] = [];
  const context = await browser.newContext();
  context.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const page = await context.newPage();
  await page.goto(`${shop.siteUrl}/ahead`);
  expect(asked).toEqual(["/ahead", "/tag.js"]);
  expect(await context.cookies()).toEqual([]);
  await page.evaluate(`${ahead(false)} document.dispatchEvent(new Event("prerenderingchange"))`);
  await expect.poll(() => heard("/ahead")).toEqual(["exposure /ahead", "pageview /ahead"]);
  expect(await page.evaluate(SHOWN)).toMatch(/^Buy [AB]$/);
  await context.close();
});
