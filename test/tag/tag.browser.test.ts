import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Event } from "../../core/event.ts";
import { transition } from "../../core/transition.ts";
import { openDemoApp } from "../demo/demo-app.ts";
import { launchBrowser } from "../launch-browser.ts";

/**
 * Set for the whole browser: a context's user agent is not sent with requests of a page being left.
 */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const PLACEHOLDER = `<div data-exp="homepage_button_test">Loading…
  <template data-group="A"><button data-exp-click="button_click">Click A</button></template>
  <template data-group="B" data-fallback><button data-exp-click="button_click">Click B</button></template></div>`;

/** Records what each frame of a page shows in its placeholder, from the first on. */
const WATCH_CONTENTS = `
  const watched = (window.watched = []);
  const watch = () => {
    const text = document.querySelector("[data-exp]")?.innerText.trim();
    if (document.body && text !== watched.at(-1) && (text || document.querySelector("p"))) watched.push(text);
    requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);`;

async function watched(page: Page): Promise<string[]> {
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  return page.evaluate(() => (window as unknown as { watched: string[] }).watched);
}

/** Waits until the tag's other part has stored the groups for the next view. */
const storedGroups = (page: Page) => page.waitForFunction(() => Boolean(localStorage.fairsplit));

let tag: string;
let demo: Awaited<ReturnType<typeof openDemoApp>>;
let api: Server;
let apiUrl: string;
/** The marketer's site: another origin than the server. */
let site: Server;
let siteUrl: string;
/** Answer of a broken server to everything but the tag. */
let answer: (response: ServerResponse) => void;
let broken: Server;
let brokenUrl: string;
let pages: Record<string, string | ((response: ServerResponse) => void)>;
let browser: Browser;
let context: BrowserContext;
let errors: string[];

const listen = (server: Server) =>
  new Promise<string>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
const script = (url = apiUrl, attributes = "") => `<script async src="${url}/tag.js" ${attributes}></script>`;
/**
 * Placeholders without own content: the parser may pause anywhere, and the browser paints what
 * exists.
 */
const EMPTY = PLACEHOLDER.replace("Loading…", "");
/** The tag runs before the first paint: even a cached async script may come after it. */
const FIRST = () => script().replace("async ", "");

beforeAll(async () => {
  tag = await readFile(new URL("../../dist/tag.js", import.meta.url), "utf8");
  browser = await launchBrowser([`--user-agent=${USER_AGENT}`]);
  site = createServer(({ url }, response) => {
    const page = pages[url ?? ""];
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (typeof page === "function") page(response);
    else
      response
        .writeHead(page === undefined ? 404 : 200)
        .end(page && `<!doctype html><link rel=icon href="data:,">${page}`);
  });
  siteUrl = await listen(site);
  broken = createServer(({ url }, response) => {
    response.setHeader("access-control-allow-origin", "*");
    if (url === "/tag.js") response.setHeader("content-type", "text/javascript").end(tag);
    else answer(response);
  });
  brokenUrl = await listen(broken);
});

beforeEach(async () => {
  demo = await openDemoApp(tag);
  api = serve({ fetch: demo.app.fetch, hostname: "127.0.0.1", port: 0 }) as Server;
  await new Promise((resolve) => api.once("listening", resolve));
  apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  pages = {};
  errors = [];
  context = await browser.newContext();
  context.on("weberror", (error) => errors.push(error.error().message));
});

afterEach(async () => {
  await context.close();
  api.closeAllConnections();
  api.close();
  await demo.close();
});

afterAll(async () => {
  await browser.close();
  for (const server of [site, broken]) {
    server.closeAllConnections();
    server.close();
  }
});

/** Stored events that come from a page. */
async function stored(): Promise<Event[]> {
  const response = await fetch(`${apiUrl}/events?limit=1000`);
  return ((await response.json()) as Event[]).filter(({ source }) => source === "browser");
}

const names = async () => (await stored()).map(({ event }) => event).sort();

describe("on another origin than the server", () => {
  it("renders the group of the device, keeps the device's cookie, and reports pageview, exposure and click", async () => {
    pages["/"] = `${script()}${PLACEHOLDER}`;
    const page = await context.newPage();
    await page.goto(`${siteUrl}/`);
    const shown = await page.locator("button").textContent();
    await page.locator("button").click();
    await expect.poll(names).toEqual(["button_click", "exposure", "pageview"]);
    const [cookie] = await context.cookies(siteUrl);
    const group = shown?.at(-1);
    for (const { deviceId, event, group: told } of await stored()) {
      expect(deviceId).toBe(cookie?.value);
      expect(told).toBe(event === "pageview" ? undefined : group);
    }
    await page.reload();
    expect(await page.locator("button").textContent()).toBe(shown);
    expect(errors).toEqual([]);
  });

  it("paints the next view from the groups it stored, though the server does not answer, and reports what it showed", async () => {
    pages["/"] = `${FIRST()}${EMPTY}<p>the rest of the page</p>`;
    const page = await context.newPage();
    await page.goto(`${siteUrl}/`);
    const shown = await page.locator("button").textContent();
    await expect.poll(names).toEqual(["exposure", "pageview"]);
    await storedGroups(page);
    await context.route(`${apiUrl}/groups?*`, () => undefined);
    await page.addInitScript(WATCH_CONTENTS);
    await page.reload();
    await page.locator("button").waitFor();
    expect(await watched(page)).toEqual([shown]);
    await expect.poll(names).toEqual(["exposure", "exposure", "pageview", "pageview"]);
    for (const { event, group, epoch } of await stored()) {
      if (event === "exposure") expect([group, epoch]).toEqual([shown?.at(-1), 1]);
    }
    expect(errors).toEqual([]);
  });

  it("paints another page from them as far as they hold there, and asks for the rest", async () => {
    await demo.registry.update("headline_test", (experiment) =>
      transition(experiment, { by: "test", definition: { routes: ["/shop/**"] } }, "2026-02-01T12:00:00Z"),
    );
    const headline = `<h1 data-exp="headline_test"><template data-group="Future">Future</template>
      <template data-group="Journey">Journey</template></h1>`;
    pages["/shop/a"] = `${FIRST()}${EMPTY}${headline}<p>the rest of the page</p>`;
    pages["/shop/b"] = pages["/shop/a"];
    const page = await context.newPage();
    await page.goto(`${siteUrl}/shop/a`);
    const shown = await page.locator("button").textContent();
    const title = await page.locator("h1").innerText();
    await storedGroups(page);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await context.route(`${apiUrl}/groups?*`, (route) => held.then(() => route.continue()));
    await page.addInitScript(WATCH_CONTENTS);
    await page.goto(`${siteUrl}/shop/b`);
    await page.locator("button").waitFor();
    expect(await watched(page)).toEqual([shown]);
    expect(await page.locator("h1").innerText()).toBe("");
    release();
    await expect.poll(() => page.locator("h1").innerText()).toBe(title);
    await expect.poll(names).toEqual(["exposure", "exposure", "exposure", "exposure", "pageview", "pageview"]);
    expect(errors).toEqual([]);
  });

  it("never shows two contents in a placeholder, when the stored groups are outdated neither", async () => {
    pages["/"] = `${FIRST()}${EMPTY}<p>the rest of the page</p>`;
    const page = await context.newPage();
    await page.goto(`${siteUrl}/`);
    const shown = await page.locator("button").textContent();
    await storedGroups(page);
    await demo.registry.update("homepage_button_test", (experiment) =>
      transition(experiment, { by: "test", state: "inactive" }, "2026-02-01T12:00:00.000Z"),
    );
    await demo.registry.update("homepage_button_test", (experiment) =>
      transition(
        experiment,
        { by: "test", definition: { fallback: shown?.at(-1) === "A" ? "B" : "A" } },
        "2026-02-01T12:00:01.000Z",
      ),
    );
    await page.addInitScript(WATCH_CONTENTS);
    const answered = page.waitForResponse(/\/groups/);
    await page.reload();
    await (await answered).finished();
    expect(await watched(page)).toEqual([shown]);
    await page.reload({ waitUntil: "networkidle" });
    expect(await watched(page)).toEqual([shown === "Click A" ? "Click B" : "Click A"]);
  });

  it("keeps the device's group and epoch when the weights change, and gives new devices the new ones", async () => {
    pages["/"] = `${script()}${PLACEHOLDER}`;
    const visit = async (visitor: BrowserContext) => {
      const page = await visitor.newPage();
      await page.goto(`${siteUrl}/`);
      return (await page.locator("button").textContent())?.at(-1);
    };
    const shown = await visit(context);
    const groups = ["A", "B"].map((name) => ({ name, weight: name === shown ? 1 : 999_999 }));
    await demo.registry.update("homepage_button_test", (experiment) =>
      transition(experiment, { by: "test", definition: { groups } }, "2026-02-01T12:00:00.000Z"),
    );
    expect(await visit(context)).toBe(shown);
    const another = await browser.newContext();
    expect(await visit(another)).not.toBe(shown);
    await expect.poll(names).toEqual(["exposure", "exposure", "exposure", "pageview", "pageview", "pageview"]);
    const epochs = (await stored())
      .filter(({ event }) => event === "exposure")
      .map(({ group, epoch }) => [group, epoch]);
    expect(epochs).toEqual([
      [shown, 1],
      [shown, 1],
      [shown === "A" ? "B" : "A", 2],
    ]);
    await another.close();
    expect(errors).toEqual([]);
  });

  it("shows the fallback on a page that is none of the experiment's, and reports no exposure", async () => {
    await demo.registry.update("homepage_button_test", (experiment) =>
      transition(
        experiment,
        { by: "test", definition: { routes: ["/shop/**"], fallback: "B" } },
        "2026-02-01T12:00:00Z",
      ),
    );
    pages["/"] = `${script()}${PLACEHOLDER}`;
    pages["/shop/cart"] = pages["/"];
    const page = await context.newPage();
    await page.goto(`${siteUrl}/`);
    expect(await page.locator("button").textContent()).toBe("Click B");
    await expect.poll(names).toEqual(["pageview"]);
    await page.goto(`${siteUrl}/shop/cart`);
    await page.locator("button").waitFor();
    await expect.poll(names).toEqual(["exposure", "pageview", "pageview"]);
  });

  it("takes its options from a variable when a tag manager adds the script without attributes", async () => {
    // A server other than the API, like a CDN.
    answer = (response) => response.end("{}");
    pages["/"] = `${PLACEHOLDER}<script>
      window.fairsplitConfig = { api: "${apiUrl}", pageview: "off" };
      document.head.append(Object.assign(document.createElement("script"), { src: "${brokenUrl}/tag.js" }));
    </script>`;
    const page = await context.newPage();
    await page.goto(`${siteUrl}/`);
    await page.locator("button").waitFor();
    await expect.poll(names).toEqual(["exposure"]);
    expect(errors).toEqual([]);
  });

  it("asks the page's own server where data-api is empty, whatever the variable says", async () => {
    pages["/"] = `<script>window.fairsplitConfig = { api: "${apiUrl}" };</script>${script(apiUrl, 'data-api=""')}`;
    const page = await context.newPage();
    const asked = page.waitForRequest((request) => request.url().includes("/groups?"));
    await page.goto(`${siteUrl}/`);
    expect(new URL((await asked).url()).origin).toBe(siteUrl);
  });

  it("does not lose a click that leaves the page", async () => {
    pages["/"] = `${script()}<div data-exp="homepage_button_test">Loading…
      <template data-group="A"><a href="/next" data-exp-click="button_click">Go</a></template>
      <template data-group="B"><a href="/next" data-exp-click="button_click">Go</a></template></div>`;
    pages["/next"] = "<p>next";
    for (let visit = 0; visit < 20; visit += 1) {
      const page = await context.newPage();
      await page.goto(`${siteUrl}/`);
      await page.locator("a").click();
      await page.waitForURL("**/next");
    }
    const clicks = async () => (await names()).filter((name) => name === "button_click").length;
    await expect.poll(clicks, { timeout: 6000 }).toBe(20);
  });

  it("does its work once when it is pasted twice", async () => {
    pages["/"] = `${script()}${script()}${PLACEHOLDER}${script()}`;
    const page = await context.newPage();
    await page.goto(`${siteUrl}/`, { waitUntil: "networkidle" });
    await page.locator("button").click();
    await expect.poll(names).toEqual(["button_click", "exposure", "pageview"]);
  });

  it("renders what the parser reaches later, and what a script adds", async () => {
    let finish: () => void = () => undefined;
    pages["/"] = (response) => {
      response.write(
        `<!doctype html><link rel=icon href="data:,">${script()}<div id="first">${PLACEHOLDER.slice(0, 140)}`,
      );
      finish = () => response.end(`${PLACEHOLDER.slice(140)}</div>`);
    };
    const page = await context.newPage();
    await page.goto(`${siteUrl}/`, { waitUntil: "commit" });
    await page.waitForFunction(() => "fairsplit" in window);
    expect(await page.locator("button").count()).toBe(0);
    finish();
    const shown = await page.locator("#first button").textContent();
    await page.evaluate((html) => {
      document.body.insertAdjacentHTML("beforeend", `<div id="second">${html}</div>`);
    }, PLACEHOLDER);
    expect(await page.locator("#second button").textContent()).toBe(shown);
    await expect.poll(names).toEqual(["exposure", "pageview"]);
  });
});

describe("the page shows the fallback, and no error of ours, when the server", () => {
  const cases: [what: string, answer: (response: ServerResponse) => void][] = [
    ["never answers", () => undefined],
    ["answers 500", (response) => response.writeHead(500).end("oops")],
    ["answers with a page", (response) => response.end("<html>a captive portal</html>")],
    ["breaks off in its JSON", (response) => response.end('{"homepage_button_test":{"group":"A"')],
    ["answers null", (response) => response.end("null")],
    ["closes the connection", (response) => response.destroy()],
    ["answers nonsense", (response) => response.end('{"homepage_button_test":{"group":{"a":[]}},"x":7}')],
  ];
  it.each(cases)("%s", async (_, given) => {
    answer = given;
    pages["/"] = `${script(brokenUrl, 'data-timeout="300"')}${PLACEHOLDER}<p>the rest of the page</p>`;
    const page = await context.newPage();
    await page.goto(`${siteUrl}/`);
    const button = page.locator("button");
    await button.waitFor({ timeout: 2000 });
    expect(await button.textContent()).toMatch(/^Click [AB]$/);
    await button.click();
    expect(await page.locator("p").textContent()).toBe("the rest of the page");
    expect(errors).toEqual([]);
  });

  it("is not there at all", async () => {
    pages["/"] = `${script("http://127.0.0.1:1")}${PLACEHOLDER}`;
    const page = await context.newPage();
    await page.goto(`${siteUrl}/`);
    expect(await page.locator("div").textContent()).toContain("Loading…");
    expect(errors).toEqual([]);
  });
});

it("works in a sandboxed frame, where cookies throw", async () => {
  const framed = `${script()}${PLACEHOLDER}`.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  pages["/"] = `<iframe sandbox="allow-scripts" srcdoc="${framed}"></iframe>`;
  const page = await context.newPage();
  await page.goto(`${siteUrl}/`);
  await page.frameLocator("iframe").locator("button").click();
  await expect.poll(names).toEqual(["button_click", "exposure", "pageview"]);
  expect(errors).toEqual([]);
});

it("sends again what the server could not take, once, when it can", async () => {
  let taken = 0;
  pages["/"] = `${script()}${PLACEHOLDER}`;
  await context.route(`${apiUrl}/notes?*`, async (route) => {
    taken += 1;
    if (taken === 1) await route.fulfill({ status: 503, headers: { "access-control-allow-origin": "*" } });
    else await route.continue();
  });
  const page = await context.newPage();
  await page.goto(`${siteUrl}/`);
  await expect.poll(names, { timeout: 5000 }).toEqual(["exposure", "pageview"]);
});
