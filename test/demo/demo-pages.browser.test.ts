import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { build } from "esbuild";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { assign } from "../../core/assign.ts";
import type { Event } from "../../core/event.ts";
import { problemsOf } from "../accessibility.ts";
import { launchBrowser } from "../launch-browser.ts";
import { openDemoApp, STAGES } from "./demo-app.ts";

/** Replaces the headless shell's user agent, which says that it is a program. */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const button = (id: string) =>
  assign(id, "homepage_button_test", [
    ["A", 50],
    ["B", 50],
  ]);
const headline = (id: string) =>
  assign(id, "headline_test", [
    ["Future", 50],
    ["Journey", 50],
  ]);
const HEADLINE_TEXT = { Future: "The future is one click away", Journey: "Your journey begins here" };

/** The first of `device-0`, `device-1` … that fits. */
function deviceWhere(fits: (id: string) => boolean): string {
  // As the tag writes them: it takes no other for its own.
  const ids = Array.from({ length: 1000 }, (_, number) => number.toString(16).padStart(32, "0"));
  for (const id of ids) if (fits(id)) return id;
  throw new Error("no device of the first 1,000 fits");
}

let demo: Awaited<ReturnType<typeof openDemoApp>>;
let server: ServerType;
let origin: string;
let browser: Browser;
let contexts: BrowserContext[] = [];
let complaints: string[] = [];

beforeAll(async () => {
  const bundle = build({ entryPoints: ["tag/index.ts"], bundle: true, format: "iife", target: "es2022", write: false });
  const launch = launchBrowser();
  demo = await openDemoApp((await bundle).outputFiles[0]?.text);
  server = await new Promise((resolve) => {
    const listening = serve({ fetch: demo.app.fetch, hostname: "127.0.0.1", port: 0 }, () => resolve(listening));
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launch;
});

afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  contexts = [];
  expect(complaints).toEqual([]);
  complaints = [];
});

afterAll(async () => {
  await browser?.close();
  await new Promise((resolve) => server.close(resolve));
  expect(demo.errors).toEqual([]);
  await demo.close();
});

/**
 * A page of a new visitor, or of a device with this id. Everything that the browser complains about
 * fails the test.
 */
async function visit(
  { deviceId, ...options }: BrowserContextOptions & { deviceId?: string } = {},
  path?: string,
): Promise<Page> {
  const context = await browser.newContext({ userAgent: USER_AGENT, ...options });
  contexts.push(context);
  if (deviceId) await context.addCookies([{ name: "device_id", value: deviceId, url: origin }]);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  if (path) await page.goto(`${origin}${path}`);
  return page;
}

async function storedEvents(deviceId: string): Promise<Event[]> {
  const all = { since: null, limit: 1000, where: (event: Event) => event.deviceId === deviceId };
  return (await demo.log.read(all)).events;
}

async function deviceIdOf(page: Page): Promise<string> {
  return (await page.context().cookies()).find(({ name }) => name === "device_id")?.value ?? "";
}

async function setState(key: string, state: "active" | "inactive") {
  if (demo.registry.get(key)?.state === state) return;
  const body = new URLSearchParams({ experiment: key });
  expect((await demo.app.request("/experiments/toggle", { method: "POST", body })).status).toBe(302);
}

const text = (page: Page, selector: string) => page.locator(selector).innerText();

test("stage 1 keeps its group over reloads, and a new visitor is chosen anew", async () => {
  const page = await visit({}, "/demo/1-random-choice");
  const first = await text(page, ".variant h3");
  for (let reload = 0; reload < 3; reload += 1) {
    await page.reload();
    expect(await text(page, ".variant h3")).toBe(first);
  }
  const seen = new Set([first]);
  for (let visitor = 0; visitor < 40 && seen.size < 2; visitor += 1) {
    await page.click("text=New visitor");
    seen.add(await text(page, ".variant h3"));
  }
  expect(seen).toEqual(new Set(["Variant A", "Variant B"]));
});

test("stages 2 to 7 give one device the same group, whoever renders it", async () => {
  for (const group of ["A", "B"]) {
    const deviceId = deviceWhere((id) => button(id) === group);
    const page = await visit({ deviceId });
    for (const stage of STAGES.slice(1)) {
      await page.goto(`${origin}/demo/${stage}`);
      await page.getByText(`Variant ${group}`, { exact: true }).waitFor();
      expect(await deviceIdOf(page)).toBe(deviceId);
    }
  }
});

test("the device id that the tag made is the one that stage 2 hashes", async () => {
  const page = await visit({}, "/demo/7-admin-page");
  await page.locator("[data-exp-click]").waitFor();
  const deviceId = await deviceIdOf(page);
  await page.goto(`${origin}/demo/2-hashing`);
  expect(await text(page, "#device-id")).toBe(deviceId);
});

test("stage 3 renders the first variant when the group in the cookie is made up", async () => {
  const page = await visit();
  await page.route("**/demo/3-browser-rendering", async (route) => {
    const response = await route.fetch();
    const { "set-cookie": _, ...headers } = response.headers();
    await route.fulfill({ response, headers: { ...headers, "set-cookie": "demo_group=<b>C</b>; Path=/demo" } });
  });
  await page.goto(`${origin}/demo/3-browser-rendering`);
  expect(await text(page, ".variant h3")).toBe("Variant A");
  expect(await text(page, "[data-cookie]")).toBe("demo_group=<b>C</b>");
});

test("stage 4 stores a pageview and each click, and shows them", async () => {
  const page = await visit({}, "/demo/4-events");
  await page.getByText("1 stored so far").waitFor();
  await page.click(".variant button");
  await page.getByText("2 stored so far").waitFor();
  await page.click(".variant button");
  await page.getByText("3 stored so far").waitFor();

  const deviceId = await deviceIdOf(page);
  const click = { event: "button_click", params: { btn_type: button(deviceId) } };
  const stored = await storedEvents(deviceId);
  expect(stored.map(({ event, params }) => ({ event, params }))).toEqual([
    { event: "pageview", params: {} },
    click,
    click,
  ]);
  expect(await page.locator("[data-events] td:nth-child(2)").allInnerTexts()).toEqual([
    "button_click",
    "button_click",
    "pageview",
  ]);
});

test("stage 4 shows a stored event's text as text", async () => {
  const deviceId = "device-with-markup";
  const event = { deviceId, event: "<img src=x>", params: { "<b>": "<script>alert(1)</script>" } };
  await demo.app.request("/events", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(event),
  });
  const page = await visit({ deviceId }, "/demo/4-events");
  await page.getByText("<b>: <script>alert(1)</script>").waitFor();
  expect(await page.locator("[data-events] :is(img, b, script)").count()).toBe(0);
});

test("stage 4 says so when the server does not take an event", async () => {
  const page = await visit();
  await page.route("**/events", (route) => route.fulfill({ status: 503 }));
  await page.goto(`${origin}/demo/4-events`);
  await page.getByText("Not stored: the server refused the event with status 503.").waitFor();
  // The browser itself reports the failed request.
  complaints = complaints.filter((complaint) => !complaint.includes("503"));
});

test("stage 5 shows the API's answers, and follows the switch", async () => {
  const deviceId = deviceWhere((id) => button(id) === "B");
  const page = await visit({ deviceId }, "/demo/5-experiments-api");
  await page.getByText("gives this device group B: the hash of its device id says so").waitFor();
  const answer = async (path: string) => (await demo.app.request(path)).json();
  expect(JSON.parse(await text(page, "[data-experiments]"))).toEqual(await answer("/api/experiments"));
  expect(JSON.parse(await text(page, "[data-expgroups]"))).toEqual(
    await answer(`/api/expgroups?device_id=${deviceId}`),
  );

  await setState("homepage_button_test", "inactive");
  try {
    await page.click("text=Ask again");
    await page.getByText("gives this device group A: the experiment is off").waitFor();
    expect(await text(page, ".variant h3")).toBe("Variant B");
    await page.reload();
    await page.getByText("Variant A", { exact: true }).waitFor();
  } finally {
    await setState("homepage_button_test", "active");
  }
});

describe("stage 6", () => {
  for (const wantedHeadline of ["Future", "Journey"] as const) {
    for (const wantedButton of ["A", "B"] as const) {
      test(`shows ${wantedHeadline} with ${wantedButton} to the devices of these groups, and marks that page`, async () => {
        const deviceId = deviceWhere((id) => headline(id) === wantedHeadline && button(id) === wantedButton);
        const page = await visit({ deviceId }, "/demo/6-two-experiments");
        await page.getByText(`This device got the ${wantedHeadline} headline and button ${wantedButton}.`).waitFor();
        expect(await text(page, "[data-exp=headline_test]")).toBe(HEADLINE_TEXT[wantedHeadline]);
        expect(await text(page, "[data-exp=homepage_button_test] button")).toBe(`Click ${wantedButton}`);
        expect(await page.locator("td.here").allInnerTexts()).toEqual([
          `${wantedHeadline} + ${wantedButton} this device`,
        ]);
      });
    }
  }

  test("says that the page shows its own fallback when the server does not answer", async () => {
    const page = await visit();
    await page.route("**/groups?*", (route) => route.abort());
    await page.goto(`${origin}/demo/6-two-experiments`);
    await page.getByText("did not answer for both experiments").waitFor();
    expect(await text(page, "[data-exp=headline_test]")).toBe(HEADLINE_TEXT.Future);
    expect(await page.locator("td.here").count()).toBe(0);
    complaints = complaints.filter((complaint) => !complaint.includes("ERR_FAILED"));
  });
});

test("stage 7 shows the fallback of an experiment that the admin page switched off, and goes on with the other", async () => {
  const deviceId = deviceWhere((id) => headline(id) === "Journey" && button(id) === "B");
  const page = await visit({ deviceId }, "/experiments");
  await page.click("button[aria-label='Pause Headline']");
  try {
    await page.goto(`${origin}/demo/7-admin-page`);
    await page.getByText(HEADLINE_TEXT.Future).waitFor();
    const posted = page.waitForResponse((response) => (response.request().postData() ?? "").includes("button_click"));
    await page.click("text=Click B");
    expect((await posted).status()).toBe(200);
  } finally {
    await setState("headline_test", "active");
  }
  const events = (await storedEvents(deviceId)).filter(({ path }) => path === "/demo/7-admin-page");
  expect(events.filter(({ event }) => event === "exposure").map(({ experiment }) => experiment)).toEqual([
    "homepage_button_test",
  ]);
  expect(events.filter(({ event }) => event === "button_click").map(({ params }) => params)).toEqual([
    { btn_type: "B" },
  ]);
  await page.reload();
  await page.getByText(HEADLINE_TEXT.Journey).waitFor();
});

test("every page meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
  const check = async (path: string): Promise<string[]> => {
    const page = await visit({ bypassCSP: true }, path);
    await page.locator("text=/Loading…|Asking/").first().waitFor({ state: "detached" });
    return (await problemsOf(page)).map((problem) => `${path} ${problem}`);
  };
  const paths = ["/", ...STAGES.map((stage) => `/demo/${stage}`)];
  expect((await Promise.all(paths.map(check))).flat()).toEqual([]);
});
