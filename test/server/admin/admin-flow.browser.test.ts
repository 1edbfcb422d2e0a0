import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { launchBrowser } from "../../launch-browser.ts";
import { start } from "../rig/built-program.ts";
import { type Hands, keyboard, mouse, writeAtOnce } from "../rig/hands.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const TOKEN = "an-admin-token-of-a-real-server";
/**
 * A person's user agent: HeadlessChrome's own counts as a bot. Set for the whole browser, so that
 * requests of a page being left have it too.
 */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const KEY = "homepage_button";
const HTML = {
  A: '<button data-exp-click="button_click">Reserve in white</button>',
  B: '<button data-exp-click="button_click">Reserve in gold</button>',
};

let browser: Browser;
/** The marketer's site: one page with the tag, on an origin other than the server's. */
let site: Server;
let siteUrl: string;
let apiUrl: string;

beforeAll(async () => {
  browser = await launchBrowser([`--user-agent=${USER_AGENT}`]);
  site = createServer((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>A shop</title>
      <main><h1>A shop</h1><div data-exp="${KEY}">Loading…<template data-group="A">${HTML.A}</template>
      <template data-group="B">${HTML.B}</template></div></main><script async src="${apiUrl}/tag.js" data-stored="off"></script>`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await browser?.close();
  site.closeAllConnections();
  site.close();
});

/** The built program with an empty data folder, and requests of an admin's script. */
async function openServer() {
  const { base } = await start(["serve", "--data", await temporaryFolder(), "--port", "0"], {
    FAIRSPLIT_ADMIN_TOKEN: TOKEN,
  });
  apiUrl = base;
  const ask = async (path: string) => {
    const answer = await fetch(base + path, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(answer.status, path).toBe(200);
    return answer;
  };
  return {
    experiment: async (): Promise<Experiment> => (await ask(`/api/admin/experiments/${KEY}`)).json(),
    events: async (): Promise<Event[]> => (await ask("/events")).json(),
    /** Every counter of events, by its name. */
    counters: async () =>
      (await (await ask("/metrics")).text()).split("\n").filter((line) => /^fairsplit_events/.test(line)),
  };
}

async function newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("console", (message) => {
    // Browsers log every answer that is not a success.
    const isStatus = /the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !isStatus) complaints.push(message.text());
  });
  onTestFinished(() => expect(complaints).toEqual([]));
  return context;
}

/** A visitor of the site, until the variant is shown and all events are reported. */
async function visit(page: Page): Promise<string> {
  await page.goto(siteUrl, { waitUntil: "networkidle" });
  return page.locator(`[data-exp=${KEY}]`).innerText();
}

/** Excludes the button for the Enter key, which is not in the tab order. */
const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: typeof name === "string" }).and(page.locator(":not([tabindex='-1'])"));
const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });
const group = (page: Page, name: string) => page.getByRole("group", { name: `Group ${name}` });

async function logIn(page: Page, hands: Hands): Promise<void> {
  await page.goto(`${apiUrl}/experiments`);
  await hands.write(page.getByLabel("Token", { exact: true }), TOKEN);
  await hands.press(button(page, "Log in"));
  await heading(page, "Experiments").waitFor();
}

async function create(page: Page, hands: Hands): Promise<void> {
  await hands.press(link(page, "New experiment"));
  await hands.write(page.getByLabel("Title", { exact: true }), "Homepage button");
  for (const name of ["A", "B"] as const) {
    await hands.write(group(page, name).getByLabel("HTML that visitors see"), HTML[name]);
  }
  await hands.press(button(page, "Create"));
  await page.getByRole("status").getByText("“Homepage button” is created. Everyone sees A").waitFor();
}

describe.each<[how: string, options: BrowserContextOptions, handsOn: (page: Page) => Hands]>([
  ["by the keyboard alone", {}, keyboard],
  ["without JavaScript", { javaScriptEnabled: false }, () => mouse],
])("%s", (_, options, handsOn) => {
  test("an experiment is created, previewed, run, paused, run again, changed, rolled out, looked up and reverted", async () => {
    const { experiment, events, counters } = await openServer();
    const admin = await newContext(options);
    const page = await admin.newPage();
    const hands = handsOn(page);
    const counted = async () => (await events()).map(({ event }) => event).sort();
    const toExperiment = async () => {
      await hands.press(link(page, "Experiments"));
      await hands.press(link(page, "Homepage button"));
      await heading(page, "Homepage button").waitFor();
    };
    await logIn(page, hands);
    await create(page, hands);
    expect(await experiment()).toMatchObject({
      state: "inactive",
      epoch: 0,
      groups: [{ html: HTML.A }, { html: HTML.B }],
    });

    // Preview B, on the site.
    await hands.press(link(page, "Preview"));
    await hands.choose(page.getByRole("group", { name: "Homepage button" }).getByRole("radio", { name: /^B/ }));
    await hands.write(page.getByLabel("Page"), `${siteUrl}/offer`);
    await hands.press(button(page, "Make the link"));
    const forced = page.getByRole("region", { name: "In this preview" });
    const address = await forced.getByRole("region", { name: "Link" }).innerText();
    expect(address).toMatch(`${siteUrl}/offer?fairsplit_force=`);
    const previewer = await (await newContext()).newPage();
    const before = await counters();
    await previewer.goto(address, { waitUntil: "networkidle" });
    const badge = previewer.getByRole("complementary", { name: "Preview by fairsplit" });
    expect(await badge.innerText()).toMatch(`${KEY}: B`);
    await keyboard(previewer).press(button(previewer, "Reserve in gold"));
    await previewer.reload({ waitUntil: "networkidle" });
    expect(await button(previewer, "Reserve in gold").count()).toBe(1);
    await previewer.close();
    expect(await events()).toEqual([]);
    expect(await counters()).toEqual(before);

    // Start the experiment; a visitor arrives.
    await toExperiment();
    await hands.tick(page.getByRole("checkbox", { name: "Start without a rehearsal that passed" }));
    await hands.write(page.getByRole("textbox", { name: "Reason, for the history" }), "previewed by hand");
    await hands.press(button(page, "Start"));
    await page
      .getByRole("status")
      .getByText("“Homepage button” is running. Visitors are split and counted, from 0 in a new period.")
      .waitFor();
    const visitor = await (await newContext()).newPage();
    const first = await visit(visitor);
    expect(first).toMatch(/^Reserve in (white|gold)$/);
    await expect.poll(counted).toEqual(["exp_groups", "exposure", "pageview"]);
    await toExperiment();
    await hands.press(link(page, "Experiments"));
    const devices = page
      .getByRole("row", { name: /Homepage button/ })
      .getByRole("cell")
      .nth(2);
    expect(await devices.innerText()).toBe("1");

    // Pause: the site shows the fallback, and nobody is exposed.
    await hands.press(button(page, "Pause Homepage button"));
    await page.getByRole("status").getByText("“Homepage button” is paused. Everyone sees A").waitFor();
    expect(await visit(visitor)).toBe("Reserve in white");
    const exposures = async () => (await events()).filter(({ event }) => event === "exposure");
    await expect.poll(async () => (await counted()).filter((event) => event === "pageview").length).toBe(2);
    expect(await exposures()).toHaveLength(1);

    // Resumed: the device keeps its group, and the same epoch goes on.
    await hands.press(button(page, "Resume Homepage button"));
    await page.getByRole("status").getByText("“Homepage button” is running again.").waitFor();
    expect(await visit(visitor)).toBe(first);
    await expect.poll(async () => (await exposures()).map(({ epoch }) => epoch)).toEqual([1, 1]);
    expect(await experiment()).toMatchObject({ state: "active", epoch: 1 });

    // Change the weights: the consequences are shown first.
    await toExperiment();
    await hands.press(link(page, "Edit"));
    await hands.write(group(page, "A").getByLabel("Weight"), "80");
    await hands.write(group(page, "B").getByLabel("Weight"), "20");
    if (options.javaScriptEnabled === false) await hands.press(button(page, "Check and preview"));
    const consequence = page.getByRole("region", { name: "What saving does" });
    await consequence.getByText("A new period begins.").waitFor();
    // With the script they follow the input, weight by weight.
    await expect
      .poll(() => consequence.innerText())
      .toMatch(/gives 30% of the visitors another group; at least 30% have to/);
    await hands.press(button(page, "Save"));
    await page.getByRole("alert").getByText("A new period begins.").waitFor();
    expect(await experiment()).toMatchObject({ epoch: 1, groups: [{ weight: 50 }, { weight: 50 }] });
    await hands.press(button(page, "Save and begin a new period"));
    await page.getByRole("status").getByText("and counted, from 0 in a new period").waitFor();
    expect(await experiment()).toMatchObject({ state: "active", epoch: 2, groups: [{ weight: 80 }, { weight: 20 }] });
    expect(await visit(visitor)).toBe(first);

    // Roll out B to everyone; the page no longer needs the experiment.
    await hands.press(page.getByText("Roll out to a group"));
    await hands.choose(page.getByRole("radio", { name: "B" }));
    await hands.press(button(page, "Roll out"));
    await page.getByRole("status").getByText("Everyone gets B, and nothing is counted.").waitFor();
    expect(await page.getByRole("region", { name: "Permanent code" }).innerText()).toBe(HTML.B);
    expect(await visit(visitor)).toBe("Reserve in gold");

    // The history has every step with values before and after; revert one.
    await hands.press(page.getByRole("main").getByRole("link", { name: "History" }));
    await heading(page, `History of ${KEY}`).waitFor();
    const steps = await page.getByRole("main").getByRole("listitem").allInnerTexts();
    const words = steps.map((step) =>
      step.replace(/\s+/g, " ").replace(/ \d{1,2} [A-Z][a-z]{2} [^a-z]*by admin/, " by admin"),
    );
    expect(words).toMatchInlineSnapshot(`
      [
        "Change 6 Rolled out by admin State before: active → after: rolled out: B Revert change 6",
        "Change 5 Edited by admin Group “A”, weight before: 50 → after: 80 Group “B”, weight before: 50 → after: 20 Period before: 1 → after: 2 Revert change 5",
        "Change 4 Resumed by admin State before: inactive → after: active Revert change 4",
        "Change 3 Paused by admin State before: active → after: inactive Revert change 3",
        "Change 2 Started by admin Started without a rehearsal, because: previewed by hand State before: inactive → after: active Period before: 0 → after: 1 Revert change 2",
        "Change 1 Created by admin What it began with",
      ]
    `);
    await hands.press(link(page, "Revert change 5"));
    await heading(page, `Revert change 5 of ${KEY}?`).waitFor();
    await hands.press(button(page, "Revert change 5"));
    await page.getByRole("status").getByText("Change 5 is reverted, by change 7.").waitFor();
    expect(await experiment()).toMatchObject({ groups: [{ weight: 50 }, { weight: 50 }] });
    expect(await page.getByRole("main").getByRole("listitem").first().innerText()).toMatch(/7\s+Reverted\s+change 5/);
  }, 240_000);

  test("who saves second is told what the first one did, and loses nothing of what was entered", async () => {
    const { experiment } = await openServer();
    const admin = await newContext(options);
    const page = await admin.newPage();
    await logIn(page, handsOn(page));
    await create(page, handsOn(page));
    const other = await admin.newPage();
    for (const tab of [page, other]) await tab.goto(`${apiUrl}/experiments/${KEY}/edit`);

    await handsOn(other).write(other.getByLabel("Title", { exact: true }), "Reservation button");
    await handsOn(other).press(button(other, "Save"));
    await other.getByRole("status").getByText("“Reservation button” is saved.").waitFor();

    const hands = handsOn(page);
    await hands.write(page.getByLabel("Description"), "Gold beats white.");
    await hands.write(group(page, "B").getByLabel("Weight"), "75");
    await hands.press(button(page, "Save"));
    await heading(page, "Someone else saved first").waitFor();
    const table = (name: string) => page.getByRole("table", { name }).innerText();
    expect(await table("What they changed")).toMatch(/Title\s+Homepage button\s+Reservation button/);
    expect(await table("What you entered")).toMatch(/Gold beats white\.[\s\S]*50\s+75/);
    expect(await experiment()).toMatchObject({ title: "Reservation button", description: "", version: 2 });

    await hands.press(button(page, "Keep editing, on top of theirs"));
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe("Reservation button");
    await hands.press(button(page, "Save"));
    await page.getByRole("status").getByText("“Reservation button” is saved.").waitFor();
    expect(await experiment()).toMatchObject({
      title: "Reservation button",
      description: "Gold beats white.",
      groups: [{ weight: 50 }, { weight: 75 }],
      version: 3,
    });
  }, 120_000);
});

test("the focus begins where one goes on", async () => {
  await openServer();
  const page = await (await newContext()).newPage();
  const hands = keyboard(page);
  const focused = () => page.evaluate(() => document.activeElement?.id);
  await page.goto(`${apiUrl}/experiments`);
  await writeAtOnce(page.getByLabel("Token", { exact: true }), TOKEN);
  await page.keyboard.press("Enter");
  await heading(page, "Experiments").waitFor();

  // The first tab stop of a page skips its navigation.
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^\s*New experiment/);

  await page.keyboard.press("Enter");
  await heading(page, "New experiment").waitFor();
  await expect.poll(focused).toBe("title");
  // Errors come first, with links to their fields.
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await expect.poll(focused).toBe("errors");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(focused).toBe("key");

  // A new row gets the focus; after a removal the focus returns to the Add button.
  await hands.press(button(page, "Add a group"));
  await group(page, "C")
    .or(page.getByRole("group", { name: "Group 3" }))
    .waitFor();
  await expect.poll(focused).toBe("groups-2-name");
  await hands.press(button(page, /^Remove group (C|3)$/));
  await expect.poll(focused).toBe("add-group");
}, 60_000);
