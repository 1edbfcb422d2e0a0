import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { openDemoApp } from "../../../demo/demo-app.ts";
import { analysisByDefinition } from "../../rig/analysis-by-definition.ts";
import { builtAssets } from "../../rig/built-assets.ts";
import { keyboard } from "../../rig/hands.ts";
import { active, inactive, openApp, rolledOut } from "../../rig/open-app.ts";
import { originOf, servePages } from "../../rig/served-pages.ts";

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

const { served, openPage, expectGood } = servePages(() => openDemoApp("", EXPERIMENTS));
const openList = (options: BrowserContextOptions = {}) => openPage("/experiments", options);

const row = (page: Page, title: string) => page.getByRole("row").filter({ hasText: title });

describe("the admin page", () => {
  test("switches an experiment off and on without JavaScript, under its own content security policy", async () => {
    const page = await openList({ javaScriptEnabled: false });
    const { version = 0 } = served.demo.registry.get("homepage_button_test") ?? {};
    const headline = row(page, "Homepage button");
    expect(await headline.innerText()).toContain("Running");
    await page.getByRole("button", { name: "Pause Homepage button" }).click();
    await page.getByRole("button", { name: "Resume Homepage button" }).waitFor();
    expect(await headline.innerText()).toContain("Paused");
    expect(await page.getByRole("status").innerText()).toContain("“Homepage button” is paused. Everyone sees A");
    expect(served.demo.registry.get("homepage_button_test")).toMatchObject({ state: "inactive", version: version + 1 });
    await page.reload();
    expect(served.demo.registry.get("homepage_button_test")?.version).toBe(version + 1);

    await page.getByRole("button", { name: "Resume Homepage button" }).click();
    await page.getByRole("button", { name: "Pause Homepage button" }).waitFor();
    expect(served.demo.registry.get("homepage_button_test")).toMatchObject({ state: "active", version: version + 2 });
  });

  test("takes a pause back, and counting goes on", async () => {
    const page = await openList({ javaScriptEnabled: false });
    const { epoch = 0 } = served.demo.registry.get("homepage_button_test") ?? {};
    await page.getByRole("button", { name: "Pause Homepage button" }).click();
    const undo = page.getByRole("status").getByRole("button", { name: "Undo" });
    await undo.click();
    await page.getByRole("button", { name: "Pause Homepage button" }).waitFor();
    expect(served.demo.registry.get("homepage_button_test")).toMatchObject({ state: "active", epoch });
    expect(await page.getByRole("status").innerText()).toContain("“Homepage button” is as it was before.");
  });

  test("finds experiments by title, key and state", async () => {
    const page = await openList({ javaScriptEnabled: false });
    await page.getByLabel("Title or key").fill("gold btn");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Show all" }).waitFor();
    expect(await page.getByRole("rowheader").allInnerTexts()).toEqual(["White or gold\nwhite_gold_btn"]);
    await page.getByLabel("State").selectOption("Running");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("No experiment matches.").waitFor();
    await page.getByRole("link", { name: "Show all 4" }).click();
    await page.getByRole("rowheader").nth(3).waitFor();
  });

  test("with its script, the address does not tell of the change again", async () => {
    const page = await openList();
    await page.getByRole("button", { name: "White or gold" }).click();
    await page.getByRole("status").waitFor();
    await page.waitForURL(`${served.origin}/experiments`);
    await page.reload();
    expect(await page.getByRole("status").count()).toBe(0);
    expect(served.demo.registry.get("white_gold_btn")?.state).toBe("active");
  });

  test("can be used with the keyboard alone", async () => {
    const page = await openList({ javaScriptEnabled: false });
    await keyboard(page).press(page.getByRole("button", { name: "Headline" }));
    await page.getByRole("button", { name: "Pause Headline" }).waitFor();
    expect(served.demo.registry.get("headline_test")?.state).toBe("active");
  });

  test("meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
    const page = await openList({ bypassCSP: true });
    await expectGood(page, "experiments");
    // The last screen was the narrowest: even beside the longest names, shares are on one line.
    const heights = await page.locator(".groups .share").evaluateAll((all) => all.map((one) => one.clientHeight));
    expect(heights.length).toBeGreaterThan(6);
    expect(Math.max(...heights)).toBeLessThan(30);
  });

  test("shows verdicts that take longer than it waits by itself, as soon as they are counted", async () => {
    const analysis = analysisByDefinition(served.demo.log);
    let count = () => {};
    const counted = new Promise<void>((resolve) => {
      count = resolve;
    });
    const { app, errors } = await openApp(EXPERIMENTS, {
      assets: await builtAssets(),
      analysis: { ...analysis, tally: async (...asked) => counted.then(() => analysis.tally(...asked)) },
    });
    const page = await openList();
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
    const page = await openList({ bypassCSP: true });
    await page.goto(`${await originOf(app)}/experiments`);
    expect(await page.getByRole("listitem").getByRole("link", { name: "Create one" }).getAttribute("href")).toBe(
      "/experiments/new",
    );
    await expectGood(page, "experiments-none");
  });
});
