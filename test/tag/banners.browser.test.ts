import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { openShop, VISITOR } from "./shop.ts";

// Consent banners as the documentation connects them.

interface Banner {
  readonly name: string;
  /** The library's file, below `node_modules`. */
  readonly file: string;
  /** The page's script, of which `{recipe}` is the documentation's. */
  readonly script: string;
  readonly accept: string;
  readonly decline: string;
  /** Expression that takes the consent back by the banner's own means. */
  readonly withdraw: string;
}

const BANNERS: readonly Banner[] = [
  {
    name: "CookieConsent",
    file: "vanilla-cookieconsent/dist/cookieconsent.umd.js",
    // It hides from browsers that are driven by programs.
    script: `const texts = { acceptAllBtn: "Yes", acceptNecessaryBtn: "No" };
      const preferencesModal = { ...texts, savePreferencesBtn: "Save", sections: [] };
      const language = { default: "en", translations: { en: { consentModal: { ...texts, title: "Tests?" }, preferencesModal } } };
      addEventListener("DOMContentLoaded", () => {
        const run = CookieConsent.run;
        CookieConsent = { ...CookieConsent, run: (config) => run({ ...config, hideFromBots: false }) };
        {recipe}
      });`,
    accept: "[data-role=all]",
    decline: "[data-role=necessary]",
    withdraw: "CookieConsent.acceptCategory([])",
  },
  {
    name: "Cookie Consent",
    file: "cookieconsent/build/cookieconsent.min.js",
    script: "addEventListener('load', () => { {recipe} })",
    accept: ".cc-allow",
    decline: ".cc-deny",
    // The banner fades in again.
    withdraw: `document.querySelector(".cc-revoke").click();
      setTimeout(() => document.querySelector(".cc-deny").click(), 1200)`,
  },
];
const PLACEHOLDER = `<div data-exp="test">Own${["A", "B"]
  .map((group) => `<template data-group="${group}"><button data-exp-click="buy">Buy ${group}</button></template>`)
  .join("")}</div>`;
const BUTTON = "[data-exp-click]";

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;
beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
  // The page's fallback is A.
  shop = await openShop([active("test", { groups: ["A", "B"].map((name, weight) => ({ name, weight })) })]);
});
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

/** Serves a page with the banner, whose files no page of the shop's has to fill in. */
async function publish({ name, file, script }: Banner, path: string): Promise<void> {
  const document = await readFile(new URL("../../docs/tag.md", import.meta.url), "utf8");
  const recipe = document.match(new RegExp(`\`\`\`js\n(// ${name}\n[^\`]+)\`\`\``))?.[1];
  if (recipe === undefined) throw new Error(`no recipe for ${name}`);
  const library = await readFile(new URL(`../../node_modules/${file}`, import.meta.url), "utf8");
  shop.pages.set(
    path,
    `<script async src="{api}/tag.js" data-consent="required" data-timeout="15000"></script>
    <script>${script.replace("{recipe}", () => recipe)}</script>
    <script>${library.replace(/<(?=\/?script|!--)/g, "\\x3C")}</script>${PLACEHOLDER}`,
  );
}

async function openVisitor(path: string) {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(error.error().message));
  const page = await context.newPage();
  await page.goto(shop.siteUrl + path);
  return { page, complaints, ids: () => idsOf(page) };
}

/** Names of everything that the tag keeps in the browser. */
async function idsOf(page: Page): Promise<string[]> {
  const cookies = await page.context().cookies();
  return [...cookies.map(({ name }) => name), ...(await page.evaluate(() => Object.keys(localStorage)))]
    .filter((name) => name.startsWith("fairsplit"))
    .sort();
}

/** Events of a page, as they are once they are as expected. */
const expectEvents = (path: string, events: readonly string[]) =>
  expect
    .poll(async () => (await shop.heard()).filter((line) => line.endsWith(` ${path}`)), { timeout: 10_000 })
    .toEqual(events.map((event) => `${event} ${path}`));

const shown = (page: Page, group: string) => page.waitForSelector(`text=Buy ${group}`);

test.each(BANNERS)("with $name, who agrees takes part at once, and until it is taken back", async (banner) => {
  const path = `/${encodeURIComponent(banner.name)}-${Math.random()}`;
  await publish(banner, path);
  const { page, ids, complaints } = await openVisitor(path);
  await shown(page, "A");
  await page.waitForSelector(banner.accept);
  await expectEvents(path, []);
  expect(await ids()).toEqual([]);

  await page.click(banner.accept);
  await shown(page, "B");
  await expectEvents(path, ["exposure", "pageview"]);
  expect(await ids()).toEqual(["fairsplit", "fairsplit_consent", "fairsplit_id"]);

  await page.reload();
  await shown(page, "B");
  await page.click(BUTTON);
  await expectEvents(path, ["buy", "exposure", "exposure", "pageview", "pageview"]);

  await page.evaluate(banner.withdraw);
  await expect.poll(ids).toEqual([]);
  await page.reload();
  await shown(page, "A");
  await page.click(BUTTON);
  await page.waitForTimeout(300);
  await expectEvents(path, ["buy", "exposure", "exposure", "pageview", "pageview"]);
  expect(complaints).toEqual([]);
});

test.each(BANNERS)("with $name, who declines is not counted, nor on the next page", async (banner) => {
  const path = `/${encodeURIComponent(banner.name)}-${Math.random()}`;
  await publish(banner, path);
  const { page, ids, complaints } = await openVisitor(path);
  await page.click(banner.decline);
  await page.reload();
  await shown(page, "A");
  await page.click(BUTTON);
  await page.waitForTimeout(300);
  expect(await ids()).toEqual([]);
  await expectEvents(path, []);
  expect(complaints).toEqual([]);
});
