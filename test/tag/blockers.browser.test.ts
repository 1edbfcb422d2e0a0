import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { rulesAgainst } from "./blocker-rules.ts";
import { openFirstParty } from "./first-party.ts";
import { openShop, VISITOR } from "./shop.ts";

/** A test that is run again opens another page. */
let visits = 0;
let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;
beforeAll(async () => {
  browser = await launchBrowser([VISITOR, "--host-resolver-rules=MAP *.shop.example 127.0.0.1"]);
  shop = await openShop([
    active("test"),
    active("html", { groups: ["A", "B"].map((name) => ({ name, weight: 1, html: name })) }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

test.each([
  ["/events on a host called analytics", "https://analytics.example.com/events", "://analytics.*/events^"],
  ["/events below a folder called analytics", "https://example.com/analytics/events?sent=1", "/analytics/events^"],
  ["a host of a service for A/B tests", "https://cdn.optimizely.com/js/1.js", "||cdn.optimizely.com^"],
  ["a script called abtest", "https://example.com/js/abtest.js?v=1", "/abtest.js"],
])("the rules block %s", (_, url, rule) => {
  expect(rulesAgainst(url)).toContain(rule);
});

test.each([
  ["from a host of the site", "ab", "", "tag.js"],
  ["from a host of the site, by the tag's other name", "ab", "", "parts.js"],
  ["from a path of the site", "www", "/fs", "tag.js"],
  ["from a path of the site, with groups", "www", "/fs", "tag-with-groups.js"],
  ["from a host called analytics, by the tag's other name", "analytics", "", "parts.js"],
])("a browser with these rules shows variants and reports everything of a tag %s", async (_, host, below, file) => {
  visits += 1;
  const view = `/${visits}`;
  const html = (api: string) => `<!doctype html><title>x</title>
    <script async src="${api}/${file}" data-timeout="15000" data-server-cookie data-cookie-domain="shop.example"></script>
    <div data-exp="test">Old<template data-group="A">New</template><template data-group="B">New</template></div>
    <div data-exp="html">Old</div><button data-exp-click="signup">Sign up</button>`;
  const api = below || `http://${host}.shop.example:${new URL(shop.apiUrl).port}`;
  const site = await openFirstParty({ api: shop.apiUrl, below: below || "/none", pages: html(api) });
  const context = await browser.newContext();
  onTestFinished(async () => {
    await context.close();
    site.close();
  });
  const seen: string[] = [];
  const blocked: string[] = [];
  await context.route("**", (route) => {
    const url = route.request().url();
    const rules = rulesAgainst(url);
    seen.push(new URL(url).pathname.replace(below, "").replace(/\.[0-9a-f]{8}/, ""));
    blocked.push(...rules.map((rule) => `${url}: ${rule}`));
    return rules.length > 0 ? route.abort("blockedbyclient") : route.continue();
  });
  const page = await context.newPage();
  await page.goto(`http://www.shop.example:${site.port}${view}`);
  await page.getByText("New").waitFor();
  await page.getByRole("button").click();
  const reported = async () => (await shop.heard()).filter((text) => text.endsWith(` ${view}`));
  await expect.poll(reported).toEqual([`exposure ${view}`, `exposure ${view}`, `pageview ${view}`, `signup ${view}`]);
  await expect
    .poll(() => new Set(seen))
    .toEqual(new Set([view, `/${file}`, "/groups", "/notes", "/tag-more.js", "/renew"].sort()));
  expect(blocked).toEqual([]);
});
