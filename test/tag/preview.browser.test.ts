import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Event } from "../../core/event.ts";
import { problemsOf } from "../accessibility.ts";
import { launchBrowser } from "../launch-browser.ts";
import { builtAssets } from "../server/rig/built-assets.ts";
import { active, inactive, openApp } from "../server/rig/open-app.ts";

/**
 * Set for the whole browser: a context's user agent is not sent with requests of a page being left.
 */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const HOUR_MS = 3_600_000;
const LONG = "a_key_as_long_as_keys_may_be_".padEnd(100, "x");
const placeholder = (key: string) => `<h2>${key}</h2><div data-exp="${key}">Loading…
  <template data-group="A"><button data-exp-click="button_click">${key} A</button></template>
  <template data-group="B"><button data-exp-click="button_click">${key} B</button></template></div>`;

const TAG = new URL("../../dist/tag.js", import.meta.url);
const listen = (server: Server) =>
  new Promise<string>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });

let browser: Browser;
/** The marketer's site: on another origin than the server, with the strictest policies. */
let site: Server;
let siteUrl: string;
let apiUrl: string;
let context: BrowserContext;
let complaints: string[];

beforeAll(async () => {
  browser = await launchBrowser([`--user-agent=${USER_AGENT}`]);
  site = createServer(({ url = "" }, response) => {
    const framed = url.startsWith("/framed");
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; script-src ${apiUrl}; connect-src ${apiUrl}; img-src data:; frame-src 'self'`,
    });
    const frame = `<iframe title="framed" sandbox="allow-scripts" src="${url.replace("/framed", "/")}"></iframe>`;
    response.end(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1">
      <link rel="icon" href="data:,"><title>A shop</title><main><h1>A shop</h1>
      ${framed ? frame : `${placeholder("draft")}${placeholder("live")}<script async src="${apiUrl}/tag.js"></script>`}
      <p><a href="/next">Next page</a></p></main></html>`);
  });
  siteUrl = await listen(site);
});

beforeEach(async () => {
  complaints = [];
  context = await newContext();
});

afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  site.closeAllConnections();
  site.close();
});

async function newContext(bypassCSP = false): Promise<BrowserContext> {
  const made = await browser.newContext({ bypassCSP });
  made.on("weberror", (error) => complaints.push(error.error().message));
  made.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  return made;
}

/** A server and its log; `serve` by default, or the demo. */
async function openServer({ isDemo = false } = {}) {
  const experiments = [inactive("draft"), active("live"), inactive(LONG, { title: "Long" })];
  const opened = await openApp(experiments, {
    adminToken: isDemo ? null : "an admin token of a real server",
    assets: await builtAssets(await readFile(TAG, "utf8")),
  });
  const server = serve({ fetch: opened.app.fetch, hostname: "127.0.0.1", port: 0 }) as Server;
  await new Promise((resolve) => server.once("listening", resolve));
  let posts = 0;
  server.on("request", ({ method }, response) => {
    if (method === "POST") response.on("finish", () => (posts += 1));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issue = (forces: Record<string, string>, from = Date.now()) =>
    opened.forces.issue(new Map(Object.entries(forces)), from + HOUR_MS, from);
  const names = async () => (await opened.stored()).map(({ event }: Event) => event).sort();
  return { ...opened, issue, names, answeredPosts: () => posts };
}

const badge = (page: Page) => page.getByRole("complementary", { name: "Preview by fairsplit" });
const shown = (page: Page) => page.locator("button").allTextContents();
/** Waits until the page has all its answers. */
const open = (page: Page, path: string) => page.goto(siteUrl + path, { waitUntil: "networkidle" });

describe("a preview of a draft", () => {
  test("shows the group and a badge on all pages of the session, and leaves nothing in the log", async () => {
    const { issue, names, log } = await openServer();
    const before = log.state();
    const page = await context.newPage();
    await open(page, `/?fairsplit_force=${issue({ draft: "B" })}`);
    expect(await shown(page)).toEqual(["draft B", expect.stringMatching(/^live [AB]$/)]);
    expect(await badge(page).innerText()).toMatch(/^Preview, not counted\s+draft: B\s+End the preview$/);
    for (const button of await page.locator("button").all()) await button.click();
    await page.getByRole("link", { name: "Next page" }).click();
    await badge(page).waitFor();
    expect(page.url()).toBe(`${siteUrl}/next`);
    expect((await shown(page))[0]).toBe("draft B");
    await page.locator("button").first().click();
    await page.reload();
    await badge(page).waitFor();
    await page.close();
    expect(await names()).toEqual([]);
    expect(log.state()).toMatchObject({ ...before, received: 1, stored: 1, logBytes: expect.any(Number) });
  });

  test("is of one session: another has the fallback, no badge, and counts", async () => {
    const { issue, names } = await openServer();
    await open(await context.newPage(), `/?fairsplit_force=${issue({ draft: "B" })}`);
    const other = await newContext();
    onTestFinished(() => other.close());
    const page = await other.newPage();
    await open(page, "/");
    expect((await shown(page))[0]).toBe("draft A");
    expect(await badge(page).count()).toBe(0);
    await expect.poll(names).toEqual(["exp_groups", "exposure", "pageview", "unknown_placeholder"]);
  });

  test("ends with the badge's link, by keyboard, and from then on the visit counts", async () => {
    const { issue, names } = await openServer();
    const page = await context.newPage();
    await open(page, `/?a=b&fairsplit_force=${issue({ draft: "B" })}#top`);
    await badge(page).waitFor();
    const end = badge(page).getByRole("link", { name: "End the preview" });
    for (let tab = 0; tab < 10 && !(await end.evaluate((link) => link.matches(":focus-visible"))); tab += 1) {
      await page.keyboard.press("Tab");
    }
    expect(await names()).toEqual([]);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${siteUrl}/?a=b&fairsplit_force=#top`);
    await expect.poll(names).toEqual(["exp_groups", "exposure", "pageview", "unknown_placeholder"]);
    expect((await shown(page))[0]).toBe("draft A");
    expect(await badge(page).count()).toBe(0);
    await open(page, "/next");
    expect((await shown(page))[0]).toBe("draft A");
    // The assignment is already in the log.
    await expect.poll(names).toHaveLength(7);
  });

  test("is for its page only where nothing can be stored, such as in a sandboxed frame", async () => {
    const { issue, names } = await openServer();
    const page = await context.newPage();
    await open(page, `/framed?fairsplit_force=${issue({ draft: "B" })}`);
    const frame = page.frameLocator("iframe");
    expect(await frame.locator("button").first().textContent()).toBe("draft B");
    await frame.getByText("draft: B").waitFor();
    expect(await names()).toEqual([]);
  });
});

describe("nothing of a preview is sent though", () => {
  test("the groups come after the timeout, so that the fallback is shown", async () => {
    const { issue, names, answeredPosts } = await openServer();
    let answer = () => {};
    await context.route("**/groups?*", async (route) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      await route.continue();
    });
    const page = await context.newPage();
    await page.goto(`${siteUrl}/?fairsplit_force=${issue({ draft: "B" })}`);
    await page.locator("button").first().click();
    const badge = page.waitForResponse((response) => response.url().includes("/badge.js"));
    answer();
    await badge;
    await page.goto("about:blank");
    expect(answeredPosts()).toBe(0);
    expect(await names()).toEqual([]);
  });

  test("the page is left before they come", async () => {
    const { issue, names } = await openServer();
    await context.route("**/groups?*", () => undefined);
    const page = await context.newPage();
    await page.goto(`${siteUrl}/?fairsplit_force=${issue({ draft: "B" })}`);
    await page.waitForFunction(() => "fairsplit" in window);
    await page.goto("about:blank");
    // Events in flight would arrive before those that an ordinary view sends now.
    await context.unroute("**/groups?*");
    await page.goto(`${siteUrl}/?fairsplit_force=`);
    await expect.poll(names).toEqual(["exp_groups", "exposure", "pageview", "unknown_placeholder"]);
  });
});

describe("a visit counts, and shows no badge, with", () => {
  test.each<[what: string, force: (issue: Awaited<ReturnType<typeof openServer>>["issue"]) => string]>([
    ["a forged token", (issue) => `${issue({ draft: "B" }).slice(0, -3)}AAA`],
    ["one that has ended", (issue) => issue({ draft: "B" }, Date.now() - HOUR_MS)],
    ["no signature", () => "draft:B"],
  ])("%s", async (_, force) => {
    const { issue, names } = await openServer();
    const page = await context.newPage();
    await open(page, `/?fairsplit_force=${force(issue)}`);
    expect((await shown(page))[0]).toBe("draft A");
    expect(await badge(page).count()).toBe(0);
    await page.locator("button").last().click();
    await expect.poll(names).toEqual(["button_click", "exp_groups", "exposure", "pageview", "unknown_placeholder"]);
  });
});

test("the demo needs no signature", async () => {
  const { names } = await openServer({ isDemo: true });
  const page = await context.newPage();
  await open(page, "/?fairsplit_force=draft:B,live:A");
  expect(await shown(page)).toEqual(["draft B", "live A"]);
  expect(await badge(page).getByRole("listitem").allTextContents()).toEqual(["draft: B", "live: A"]);
  expect(await names()).toEqual([]);
});

describe("the badge", () => {
  test("stays small, in its corner and above the page, whatever the page's styles are", async () => {
    const { issue } = await openServer();
    const free = await newContext(true);
    onTestFinished(() => free.close());
    const page = await free.newPage();
    await open(page, `/?fairsplit_force=${issue({ draft: "B", live: "A", [LONG]: "B" })}`);
    await page.addStyleTag({
      content: "* { position: static; display: inline; color: red; font: 40px serif; left: 50%; }",
    });
    const box = await badge(page).boundingBox();
    const { width = 0, height = 0 } = page.viewportSize() ?? {};
    expect(box?.width).toBeLessThanOrEqual(320);
    expect(box?.x).toBeLessThan(32);
    expect(box?.y).toBeGreaterThan(height / 2);
    expect(width).toBeGreaterThan(1000);
    const host = page.locator("fairsplit-badge");
    expect(await host.evaluate((element) => getComputedStyle(element).position)).toBe("fixed");
    // The badge can be closed.
    await badge(page).getByText("Preview, not counted").click();
    expect((await badge(page).boundingBox())?.height).toBeLessThan(32);
  });

  test("meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
    const { issue } = await openServer();
    const free = await newContext(true);
    onTestFinished(() => free.close());
    const page = await free.newPage();
    await open(page, `/?fairsplit_force=${issue({ draft: "B", live: "A", [LONG]: "B" })}`);
    await badge(page).waitFor();
    const folder = process.env.SCREENSHOTS;
    const look = async (name: string) => {
      if (folder) await page.screenshot({ path: `${folder}/badge-${name}.png` });
    };
    expect(await problemsOf(page, look)).toEqual([]);
  });
});
