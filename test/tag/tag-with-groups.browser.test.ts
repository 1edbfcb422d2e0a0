import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { openShop, VISITOR } from "./shop.ts";

const MINE = "f".repeat(32);
const TAG = `<script async src="{api}/tag-with-groups.js"></script>`;
const placeholder = (key = "test") => `<div data-exp="${key}">
  <template data-group="A"><button>${key} A</button></template>
  <template data-group="B"><button>${key} B</button></template></div>`;
const PAGE = TAG + placeholder();

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;
let context: BrowserContext;
let complaints: string[];

beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
});

beforeEach(async () => {
  shop = await openShop([active("test"), active("shoes", { routes: ["/shoes"] })]);
  shop.pages.set("/", PAGE).set("/shoes", PAGE + placeholder("shoes"));
  complaints = [];
  context = await browser.newContext();
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
});

afterEach(async () => {
  await context.close();
  await shop.close();
  expect(complaints).toEqual([]);
});

afterAll(() => browser?.close());

/** Holds the request for groups until called. Routing disables the browser's script cache. */
async function holdGroups() {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await context.route("**/groups?*", async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

const devices = async () => {
  const answer = await fetch(`${shop.apiUrl}/events?limit=1000`);
  const events = (await answer.json()) as { deviceId: string; event: string; group?: string; params: object }[];
  return { events, ids: [...new Set(events.map(({ deviceId }) => deviceId))] };
};
const deviceOf = async () => (await context.cookies(shop.siteUrl)).find(({ name }) => name === "fairsplit_id")?.value;

describe("a first view", () => {
  test("shows the variant before the server was asked, and counts one device, in that group", async () => {
    const release = await holdGroups();
    const page = await context.newPage();
    await page.goto(`${shop.siteUrl}/`);
    const shown = await page.locator("button").textContent();
    await expect.poll(shop.heard).toEqual(["exposure /", "pageview /"]);
    release();
    await expect
      .poll(async () => (await devices()).events.map(({ event }) => event).sort())
      .toEqual(["exp_groups", "exposure", "pageview"]);
    const { events, ids } = await devices();
    expect(ids).toEqual([await deviceOf()]);
    const group = shown?.at(-1);
    expect(events.find(({ event }) => event === "exposure")).toMatchObject({ group });
    expect(events.find(({ event }) => event === "exp_groups")?.params).toMatchObject({ test: group });
    expect(await page.locator("button").textContent()).toBe(shown);
  });

  test("needs nothing unsafe of a strict policy", async () => {
    await holdGroups();
    const policy = "default-src 'none'; script-src {api}; connect-src {api}; img-src data:";
    shop.pages.set("/", { html: PAGE, headers: { "content-security-policy": policy } });
    const page = await context.newPage();
    await page.goto(`${shop.siteUrl}/`);
    await page.getByText(/^test [AB]$/).waitFor();
  });

  test("in a sandboxed frame waits for the server, and is of a device that lives as long as the page", async () => {
    shop.pages.set("/framed", PAGE).set("/", `<iframe sandbox="allow-scripts" src="/framed"></iframe>`);
    const page = await context.newPage();
    await page.goto(`${shop.siteUrl}/`);
    await page
      .frameLocator("iframe")
      .getByText(/^test [AB]$/)
      .waitFor();
    expect(await context.storageState()).toEqual({ cookies: [], origins: [] });
  });

  test("shows what this page has groups for, where the browser says which page it is", async () => {
    await holdGroups();
    const page = await context.newPage();
    // The server is on another origin: by default the browser sends only the site's origin.
    shop.pages.set("/shoes", `<meta name="referrer" content="unsafe-url">${PAGE}${placeholder("shoes")}`);
    await page.goto(`${shop.siteUrl}/shoes`);
    await page.getByText(/^shoes [AB]$/).waitFor();
    await page.getByText(/^test [AB]$/).waitFor();
  });

  test("else waits for the groups of this page only", async () => {
    const release = await holdGroups();
    const page = await context.newPage();
    await page.goto(`${shop.siteUrl}/shoes`);
    await page.getByText(/^test [AB]$/).waitFor();
    expect(await page.locator("button").count()).toBe(1);
    release();
    await page.getByText(/^shoes [AB]$/).waitFor();
  });
});

describe("a later view", () => {
  test("asks for no script, and keeps the device", async () => {
    const page = await context.newPage();
    await page.goto(`${shop.siteUrl}/`);
    const shown = await page.locator("button").textContent();
    await expect.poll(async () => (await devices()).events.length).toBe(3);
    await page.goto(`${shop.siteUrl}/`);
    expect(await page.locator("button").textContent()).toBe(shown);
    // The assignment is already in the log.
    await expect.poll(async () => (await devices()).events.length).toBe(5);
    const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map((entry) => entry.toJSON()));
    const script = loaded.find(({ name }) => name === `${shop.apiUrl}/tag-with-groups.js`);
    expect(script).toMatchObject({ transferSize: 0 });
    expect((await devices()).ids).toEqual([await deviceOf()]);
  });

  test("of who has a device takes no other, whatever the script brings", async () => {
    await context.addCookies([{ name: "fairsplit_id", value: MINE, url: shop.siteUrl }]);
    // Simulate a server on another site, which the cookie does not reach.
    await context.route("**/tag-with-groups.js", async (route) => {
      const { cookie: _, ...headers } = await route.request().allHeaders();
      const response = await fetch(route.request().url(), { headers: { "user-agent": headers["user-agent"] ?? "" } });
      const body = await response.text();
      expect(body).toContain("fairsplitGiven=");
      await route.fulfill({ body, contentType: "text/javascript" });
    });
    const page = await context.newPage();
    await page.goto(`${shop.siteUrl}/`);
    await page.locator("button").waitFor();
    await expect.poll(async () => (await devices()).events.length).toBe(3);
    expect((await devices()).ids).toEqual([MINE]);
    expect(await deviceOf()).toBe(MINE);
  });
});

test("a device that was forgotten does not come back with the script that the browser has kept", async () => {
  const page = await context.newPage();
  await page.goto(`${shop.siteUrl}/`);
  await page.locator("button").waitFor();
  const forgotten = await deviceOf();
  expect(forgotten).toMatch(/^[0-9a-f]{32}$/);
  await page.evaluate(() => (window as { fairsplit?: { forget?(): void } }).fairsplit?.forget?.());
  // The tag's other part deletes, and may still be on its way.
  await expect.poll(() => context.storageState()).toEqual({ cookies: [], origins: [] });
  for (const again of [() => page.reload(), () => page.goto(`${shop.siteUrl}/shoes`), () => page.goBack()]) {
    await again();
    await page.locator("button").first().waitFor();
    expect(await page.evaluate(() => (window as { fairsplitGiven?: string }).fairsplitGiven)).toContain(forgotten);
    await expect.poll(deviceOf).toMatch(/^[0-9a-f]{32}$/);
    expect(await deviceOf()).not.toBe(forgotten);
  }
});

describe("nothing is taken, kept or heard", () => {
  test.each<[what: string, attributes: string, init: string]>([
    ["while consent is required and pending", 'data-consent="required"', ""],
    [
      "under Global Privacy Control",
      "",
      "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });",
    ],
    ["under Do Not Track", "", "Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' });"],
    ["in a preview", "", "if (location.pathname === '/') sessionStorage.fairsplit_force = 'test:A';"],
  ])("%s", async (what, attributes, init) => {
    shop.pages.set("/", `${TAG.replace("async", `async ${attributes}`)}${placeholder()}`);
    if (init) await context.addInitScript(init);
    const page = await context.newPage();
    await page.goto(`${shop.siteUrl}/`);
    await page.getByText("test A").waitFor();
    await page.close();
    expect(await context.storageState(), what).toEqual({ cookies: [], origins: [] });
    // Events in flight would arrive before those that another visitor sends now.
    const other = await browser.newContext();
    shop.pages.set("/other", TAG);
    const otherPage = await other.newPage();
    await otherPage.goto(`${shop.siteUrl}/other`);
    await expect.poll(shop.heard).toEqual(["pageview /other"]);
    await other.close();
  });

  test("and a consent that is given then takes a device as the tag makes it", async () => {
    shop.pages.set("/", `${TAG.replace("async", 'async data-consent="required"')}${placeholder()}`);
    const page = await context.newPage();
    await page.goto(`${shop.siteUrl}/`);
    await page.getByText("test A").waitFor();
    await page.evaluate(() => (window as { fairsplit?: { consent?(is: boolean): void } }).fairsplit?.consent?.(true));
    await expect.poll(async () => (await shop.heard()).filter((line) => line === "pageview /")).toHaveLength(1);
    const given = await page.evaluate(() => (window as { fairsplitGiven?: string }).fairsplitGiven);
    expect(given).toBeDefined();
    expect(given).not.toContain(await deviceOf());
  });
});
