import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { problemsOf } from "../accessibility.ts";
import { openDemoApp } from "../demo/demo-app.ts";
import { launchBrowser } from "../launch-browser.ts";
import { analysisByDefinition } from "./analysis-by-definition.ts";
import { builtAssets } from "./built-assets.ts";
import { keyboard } from "./hands.ts";
import { active, inactive, openApp, rolledOut } from "./open-app.ts";

const EXPERIMENTS = [
  active("homepage_button_test", { title: "Homepage button" }),
  inactive("headline_test", { title: "Headline" }),
  rolledOut("white_gold_btn", "B", { title: "White or gold" }),
  active("a_key_as_long_as_keys_may_be_".padEnd(100, "x"), {
    title: "Six groups with names as long as names may be, and one that gets nobody",
    groups: ["G", "H", "I", "J", "K", "L"].map((letter, index) => ({ name: letter.repeat(64), weight: index })),
    fallback: "L".repeat(64),
  }),
];

let demo: Awaited<ReturnType<typeof openDemoApp>>;
let server: ServerType;
let origin: string;
let browser: Browser;
let complaints: string[] = [];

beforeAll(async () => {
  const launch = launchBrowser();
  demo = await openDemoApp("", EXPERIMENTS);
  server = await new Promise((resolve) => {
    const listening = serve({ fetch: demo.app.fetch, hostname: "127.0.0.1", port: 0 }, () => resolve(listening));
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launch;
});

afterEach(() => {
  expect(complaints).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await new Promise((resolve) => server.close(resolve));
  expect(demo.errors).toEqual([]);
  await demo.close();
});

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(`${origin}/experiments`);
  return page;
}

/** Another app's server, which stops when the test ends. */
async function originOf(app: Awaited<ReturnType<typeof openApp>>["app"]): Promise<string> {
  const other = await new Promise<ServerType>((resolve) => {
    const listening = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, () => resolve(listening));
  });
  onTestFinished(() => new Promise<void>((resolve) => void other.close(() => resolve())));
  return `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
}

const row = (page: Page, title: string) => page.getByRole("row").filter({ hasText: title });

describe("the admin page", () => {
  test("switches an experiment off and on without JavaScript, under its own content security policy", async () => {
    const page = await openPage({ javaScriptEnabled: false });
    const { version = 0 } = demo.registry.get("homepage_button_test") ?? {};
    const headline = row(page, "Homepage button");
    expect(await headline.innerText()).toContain("Active");
    await page.getByRole("button", { name: "Switch off Homepage button" }).click();
    await page.getByRole("button", { name: "Switch on Homepage button" }).waitFor();
    expect(await headline.innerText()).toContain("Inactive");
    expect(await page.getByRole("status").innerText()).toContain("“Homepage button” is off. Everyone sees A");
    expect(demo.registry.get("homepage_button_test")).toMatchObject({ state: "inactive", version: version + 1 });
    await page.reload();
    expect(demo.registry.get("homepage_button_test")?.version).toBe(version + 1);

    await page.getByRole("button", { name: "Switch on Homepage button" }).click();
    await page.getByRole("button", { name: "Switch off Homepage button" }).waitFor();
    expect(demo.registry.get("homepage_button_test")).toMatchObject({ state: "active", version: version + 2 });
  });

  test("takes a switch back, and says that counting then starts anew", async () => {
    const page = await openPage({ javaScriptEnabled: false });
    const { epoch = 0 } = demo.registry.get("homepage_button_test") ?? {};
    await page.getByRole("button", { name: "Switch off Homepage button" }).click();
    const undo = page.getByRole("status").getByRole("button", { name: "Undo" });
    expect(await page.getByRole("status").innerText()).toContain("Undoing opens a new epoch: counting starts anew.");
    await undo.click();
    await page.getByRole("button", { name: "Switch off Homepage button" }).waitFor();
    expect(demo.registry.get("homepage_button_test")).toMatchObject({ state: "active", epoch: epoch + 1 });
    expect(await page.getByRole("status").innerText()).toContain("“Homepage button” is as it was before.");
  });

  test("finds experiments by title, key and state", async () => {
    const page = await openPage({ javaScriptEnabled: false });
    await page.getByLabel("Title or key").fill("gold btn");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Show all" }).waitFor();
    expect(await page.getByRole("rowheader").allInnerTexts()).toEqual(["White or gold\nwhite_gold_btn"]);
    await page.getByLabel("State").selectOption("Active");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("No experiment matches.").waitFor();
    await page.getByRole("link", { name: "Show all 4" }).click();
    await page.getByRole("rowheader").nth(3).waitFor();
  });

  test("with its script, the address does not tell of the change again", async () => {
    const page = await openPage();
    await page.getByRole("button", { name: "White or gold" }).click();
    await page.getByRole("status").waitFor();
    await page.waitForURL(`${origin}/experiments`);
    await page.reload();
    expect(await page.getByRole("status").count()).toBe(0);
    expect(demo.registry.get("white_gold_btn")?.state).toBe("active");
  });

  test("can be used with the keyboard alone", async () => {
    const page = await openPage({ javaScriptEnabled: false });
    await keyboard(page).press(page.getByRole("button", { name: "Headline" }));
    await page.getByRole("button", { name: "Switch off Headline" }).waitFor();
    expect(demo.registry.get("headline_test")?.state).toBe("active");
  });

  test("meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
    const page = await openPage({ bypassCSP: true });
    const folder = process.env.SCREENSHOTS;
    const look = async (name: string) => {
      if (folder) await page.screenshot({ path: `${folder}/experiments-${name}.png`, fullPage: true });
    };
    expect(await problemsOf(page, look)).toEqual([]);
  });

  test("shows verdicts that take longer than it waits by itself, as soon as they are counted", async () => {
    const analysis = analysisByDefinition(demo.log);
    let count = () => {};
    const counted = new Promise<void>((resolve) => {
      count = resolve;
    });
    const { app, errors } = await openApp(EXPERIMENTS, {
      assets: await builtAssets(),
      analysis: { ...analysis, tally: async (...asked) => counted.then(() => analysis.tally(...asked)) },
    });
    const page = await openPage();
    await page.goto(`${await originOf(app)}/experiments`);
    const link = row(page, "White or gold").getByRole("link", { name: "Results of" });
    expect(await link.innerText()).toContain("counting…");
    await link.focus();
    count();
    await row(page, "White or gold").getByText("Waiting for visitors").waitFor();
    expect(await page.getByText("counting…").count()).toBe(0);
    expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(errors).toEqual([]);
  });

  test("meets it as well, and says what to do first, while there is no experiment", async () => {
    const { app } = await openApp([], { assets: await builtAssets() });
    const page = await openPage({ bypassCSP: true });
    await page.goto(`${await originOf(app)}/experiments`);
    expect(await page.getByRole("listitem").getByRole("link", { name: "Create one" }).getAttribute("href")).toBe(
      "/experiments/new",
    );
    expect(await problemsOf(page)).toEqual([]);
  });
});
