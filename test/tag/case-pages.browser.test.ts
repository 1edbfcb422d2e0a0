import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Event } from "../../core/event.ts";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { openFirstParty } from "./first-party.ts";
import { openShop, VISITOR } from "./shop.ts";

const onlyB = (key: string) =>
  active(key, {
    groups: [
      { name: "A", weight: 0 },
      { name: "B", weight: 1 },
    ],
  });
const caseFile = (name: string) => readFile(new URL(`../cases/pages/${name}`, import.meta.url), "utf8");

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
});
afterAll(() => browser?.close());

/** A site of case files, whose tag and server are below `/fs`, and a window of a visitor. */
async function open(answer: (path: string, response: ServerResponse) => Promise<unknown> | unknown) {
  const shop = await openShop([onlyB("tpl"), onlyB("redir")]);
  const site = await openFirstParty({
    api: shop.apiUrl,
    below: "/fs",
    pages: ({ url = "" }, response) => answer(url.replace(/\?.*/, ""), response),
  });
  const context = await browser.newContext();
  onTestFinished(async () => {
    await context.close();
    site.close();
    await shop.close();
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  const visited: string[] = [];
  page.on("framenavigated", (frame) => visited.push(frame.url().replace(/^http:..[^/]+/, "")));
  return { shop, page, errors, visited, url: `http://127.0.0.1:${site.port}` };
}

const filled = (html: string) =>
  html
    .replaceAll("{api}/tag.js", "/fs/tag.js")
    .replaceAll('"/tag.js"', '"/fs/tag.js"')
    .replace("async", 'async data-timeout="15000"');
const exposures = (events: readonly Event[]) => events.filter(({ event }) => event === "exposure").length;

test.each([
  ["once where the host adds a slash, and both pages have the placeholder", "/pricing-b/", "/pricing-b/"],
  ["once where the host sends back", "/pricing-a", "/pricing-a"],
])("a redirect of the layout is followed %s", async (_, sendsTo, end) => {
  const html = filled(await caseFile("10-redirect-loop.html"));
  const { shop, page, errors, visited, url } = await open((path, response) => {
    if (path === "/pricing-b") response.writeHead(301, { location: sendsTo }).end();
    else response.end(html);
  });
  await page.goto(`${url}/pricing-a`);
  await expect.poll(async () => exposures(await shop.stored())).toBe(1);
  await expect.poll(() => visited.at(-1)).toBe(end);
  await page.waitForTimeout(1000);
  // The first page, and the one that the redirect led to.
  expect([visited.length, errors, exposures(await shop.stored())]).toEqual([2, [], 1]);
  // Next views have the groups at hand, and may be led there once more.
  await page.goto(`${url}/pricing-a`);
  await page.waitForTimeout(500);
  expect(visited.length).toBeLessThanOrEqual(4);
});

test.each([
  ["B:/target.html", "/target.html?utm=1#plans"],
  ["B:/target.html?v=b", "/target.html?v=b&utm=1#plans"],
])("a redirect to %s keeps query and fragment: %s", async (list, target) => {
  const html = filled(await caseFile("11-redirect-hash.html")).replace(
    'redirect="B:/target.html"',
    `redirect="${list}"`,
  );
  const { page, errors, visited, url } = await open((path, response) =>
    response.end(path === "/target.html" ? "there" : html),
  );
  await page.goto(`${url}/11-redirect-hash.html?utm=1#plans`);
  await page.waitForURL(url + target);
  expect([visited.length, errors]).toEqual([2, []]);
});

test("a script finds a variant's element on the first view, once it waits as documented", async () => {
  const html = filled(await caseFile("06-null-until-late.html"));
  const waiting = html.replace(
    /document\.addEventListener\('DOMContentLoaded',\(\)=>(.*\.addEventListener\('click',\(\)=>)0\)\)/,
    "window.fairsplit=window.fairsplit||[];fairsplit.push(['ready',()=>$1document.title='bought')])",
  );
  expect(waiting).not.toBe(html);
  const { shop, page, errors, url } = await open((path, response) =>
    response.end(path === "/waiting" ? waiting : html),
  );
  for (const view of ["first", "repeat"]) {
    await page.goto(`${url}/waiting`);
    await page.getByText("Buy now").click();
    expect([view, await page.title(), errors]).toEqual([view, "bought", []]);
  }
  // A script that does not wait finds no element, and nothing else is lost.
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const first = await context.newPage();
  await first.goto(`${url}/hasty`);
  await first.getByText("Buy now").waitFor();
  await expect.poll(async () => exposures((await shop.stored()).filter(({ path }) => path === "/hasty"))).toBe(1);
});

test("a service worker that keeps every GET does not keep an experiment that was paused", async () => {
  const [html, worker] = await Promise.all([caseFile("21-sw-cache-first.html"), caseFile("21-sw.js")]);
  const { shop, page, errors, url } = await open((path, response) =>
    path === "/21-sw.js"
      ? response.setHeader("content-type", "text/javascript").end(worker)
      : response.end(filled(html).replaceAll("\n", "")),
  );
  const view = async () => {
    await page.goto(`${url}/app`);
    await page.waitForFunction("navigator.serviceWorker.controller");
    await page.evaluate("new Promise((seen) => fairsplit.push(['ready', seen]))");
    await page.waitForTimeout(300);
    return page.locator("div").innerText();
  };
  expect([await view(), await view(), await view()]).toEqual(["new", "new", "new"]);
  // Two views of one page: the first shows what the browser has, and asks.
  const kept = await page.evaluate(
    "caches.open('v1').then(async (c) => (await c.keys()).map(({ url }) => new URL(url).pathname))",
  );
  expect(kept).toEqual(expect.arrayContaining(["/app", "/fs/tag.js", "/fs/groups"]));
  await shop.pause("tpl");
  await view();
  expect([await view(), errors]).toEqual(["old", []]);
});
