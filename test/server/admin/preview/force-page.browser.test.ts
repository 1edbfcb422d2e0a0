import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { problemsOf } from "../../../accessibility.ts";
import { launchBrowser } from "../../../launch-browser.ts";
import { builtAssets } from "../../rig/built-assets.ts";
import { active, inactive, openApp, rolledOut } from "../../rig/open-app.ts";

const TAG = new URL("../../../../dist/tag.js", import.meta.url);
const EXPERIMENTS = [
  active("homepage_button_test", { title: "Homepage button" }),
  inactive("headline_test", {
    title: "Headline",
    groups: [
      { name: "Future", weight: 3 },
      { name: "Journey", weight: 1, label: "calm" },
    ],
  }),
  rolledOut("white_gold_btn", "B", { title: "White or gold" }),
  active("a_key_as_long_as_keys_may_be_".padEnd(100, "x"), {
    title: "Six groups with names as long as names may be, and one that gets nobody",
    groups: ["G", "H", "I", "J", "K", "L"].map((letter, index) => ({ name: letter.repeat(64), weight: index })),
    fallback: "L".repeat(64),
  }),
];

let browser: Browser;
/** The site, on an origin other than the server's. */
let site: Server;
let siteUrl: string;
let apiUrl: string;
let complaints: string[] = [];

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  browser = await launchBrowser();
  site = createServer((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>A shop</title>
      <div data-exp="headline_test">Loading…<template data-group="Future"><h1>The future</h1></template>
      <template data-group="Journey"><h1>Your journey</h1></template></div><script async src="${apiUrl}/tag.js"></script>`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  siteUrl = urlOf(site);
});

afterEach(() => {
  // Allow console errors for rejected forms: the browser logs their status.
  expect(complaints.filter((text) => !text.includes("status of 422"))).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  site.closeAllConnections();
  site.close();
});

/** A real server, and a logged-in browser. */
async function openServer(options: BrowserContextOptions = {}) {
  const opened = await openApp(EXPERIMENTS, {
    adminToken: "an admin token of a real server",
    assets: await builtAssets(await readFile(TAG, "utf8")),
  });
  const server = serve({ fetch: opened.app.fetch, hostname: "127.0.0.1", port: 0 }) as Server;
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  apiUrl = urlOf(server);
  const context = await newContext(options);
  await context.addCookies([{ name: "fairsplit", value: opened.sessions.open(), url: apiUrl, sameSite: "Strict" }]);
  const page = await context.newPage();
  await page.goto(`${apiUrl}/experiments/force`);
  return { ...opened, page };
}

async function newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  complaints = [];
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  return context;
}

const choices = (page: Page, title: string) => page.getByRole("group", { name: title });
const radio = (page: Page, title: string, group: string) =>
  choices(page, title).getByRole("radio", { name: new RegExp(`^${group}`) });

describe("the force page", () => {
  test("makes a link to a group of a draft, by keyboard and without JavaScript, which another browser opens", async () => {
    const { page, stored } = await openServer({ javaScriptEnabled: false });
    await radio(page, "Headline", "No preview").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await radio(page, "Headline", "Journey").isChecked()).toBe(true);
    await page.getByLabel("Page").focus();
    await page.keyboard.type(`${siteUrl}/offer?a=b`);
    await page.getByLabel("How long").selectOption("1 hour");
    await page.getByLabel("Page").focus();
    await page.keyboard.press("Enter");

    const forced = page.getByRole("region", { name: "In this preview" });
    await forced.waitFor();
    expect(await forced.getByRole("listitem").allInnerTexts()).toEqual(["Headline: Journey"]);
    expect(await radio(page, "Headline", "Journey").isChecked()).toBe(true);
    expect(await page.getByLabel("Page").inputValue()).toBe(`${siteUrl}/offer?a=b`);
    expect(await page.getByLabel("How long").inputValue()).toBe("1");
    const link = (await forced.getByRole("link", { name: "Open the page" }).getAttribute("href")) ?? "";
    expect(link).toMatch(`${siteUrl}/offer?a=b&fairsplit_force=`);
    expect(await forced.getByRole("region", { name: "Link" }).innerText()).toBe(link);

    const visitor = await (await newContext()).newPage();
    await visitor.goto(link);
    await visitor.getByRole("heading", { name: "Your journey" }).waitFor();
    await visitor.getByText("headline_test: Journey").waitFor();
    expect(await stored()).toEqual([]);
  });

  test("forces others instead, and none after a reset", async () => {
    const { page } = await openServer({ javaScriptEnabled: false });
    await radio(page, "Headline", "Future").check();
    await page.getByRole("button", { name: "Make the link" }).click();
    await radio(page, "Headline", "No preview").check();
    await radio(page, "Homepage button", "B").check();
    await page.getByRole("button", { name: "Make the link" }).click();
    const forced = page.getByRole("region", { name: "In this preview" });
    expect(await forced.getByRole("listitem").allInnerTexts()).toEqual(["Homepage button: B"]);
    expect(await forced.getByRole("region").innerText()).toMatch(/^\?fairsplit_force=[\w-]+$/);
    await page.getByRole("link", { name: "Reset" }).click();
    expect(page.url()).toBe(`${apiUrl}/experiments/force`);
    expect(await forced.count()).toBe(0);
    expect(await page.getByRole("radio", { name: "No preview", checked: true }).count()).toBe(EXPERIMENTS.length);
  });

  test("is where the buttons of an experiment's page lead", async () => {
    const { page } = await openServer({ javaScriptEnabled: false });
    await page.goto(`${apiUrl}/experiments/headline_test`);
    await page.getByRole("button", { name: "Preview Journey" }).click();
    const forced = page.getByRole("region", { name: "In this preview" });
    await forced.waitFor();
    expect(await forced.getByRole("listitem").allInnerTexts()).toEqual(["Headline: Journey"]);
  });

  test("leads from what is wrong to the field", async () => {
    const { page } = await openServer({ javaScriptEnabled: false });
    await page.getByLabel("Page").fill("shop.example.com");
    await page.getByRole("button", { name: "Make the link" }).click();
    await page.getByRole("alert").getByRole("link").click();
    expect(await page.getByLabel("Page").evaluate((field) => field.matches(":target"))).toBe(true);
    expect(await page.getByLabel("Page").getAttribute("aria-invalid")).toBe("true");
    expect(await page.getByLabel("Page").inputValue()).toBe("shop.example.com");
  });

  test.each([
    ["before", false],
    ["after", true],
  ])("meets WCAG 2.2 AA and fits, light and dark, wide and narrow, %s a link was made", async (name, isMade) => {
    const { page } = await openServer({ bypassCSP: true });
    if (isMade) {
      await radio(page, "Headline", "Journey").check();
      await radio(page, "Six groups", "GGG").check();
      await page.getByLabel("Page").fill("https://shop.example.com/offer");
      await page.getByRole("button", { name: "Make the link" }).click();
      await page.getByRole("region", { name: "In this preview" }).waitFor();
    }
    const folder = process.env.SCREENSHOTS;
    const look = async (size: string) => {
      if (folder) await page.screenshot({ path: `${folder}/force-${name}-${size}.png`, fullPage: true });
    };
    expect(await problemsOf(page, look)).toEqual([]);
  });
});
