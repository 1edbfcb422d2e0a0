import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { openDemoApp } from "../../../demo/demo-app.ts";
import { appIn } from "../../rig/app-in.ts";
import { builtAssets } from "../../rig/built-assets.ts";
import { keyboard } from "../../rig/hands.ts";
import { active, inactive, rolledOut } from "../../rig/open-app.ts";
import { servePages } from "../../rig/served-pages.ts";

const { served, openPage, expectGood } = servePages(() =>
  openDemoApp("", [
    active("white_gold_btn", { title: "White or gold button" }),
    inactive("headline_test"),
    rolledOut("old_test", "B"),
  ]),
);

test("all experiments are switched off and on by the keyboard alone, without JavaScript", async () => {
  const { demo, origin } = served;
  const page = await openPage("/experiments/settings", { javaScriptEnabled: false });
  await keyboard(page).press(page.getByRole("button", { name: "Stop all" }));
  await page.getByText("2 experiments are live: for everybody that ends at once.").waitFor();
  expect(demo.registry.settings().enabled).toBe(true);
  await keyboard(page).press(page.getByRole("button", { name: "Stop all experiments" }));
  await page.getByRole("status").getByText("All experiments: off").waitFor();
  expect(demo.registry.settings().enabled).toBe(false);
  await page.goto(`${origin}/experiments`);
  const alarm = page.getByRole("alert").filter({ hasText: "All experiments are stopped" });
  await keyboard(page).press(alarm.getByRole("link", { name: "Settings" }));
  await keyboard(page).press(page.getByRole("button", { name: "Start all" }));
  await keyboard(page).press(page.getByRole("button", { name: "Start all experiments" }));
  await page.getByRole("status").getByText("All experiments: on").waitFor();
  expect(demo.registry.settings().enabled).toBe(true);
});

test("a holdout is typed, refused where it does not fit, looked at, and saved", async () => {
  const { demo } = served;
  const page = await openPage("/experiments/settings", { javaScriptEnabled: false });
  await page.getByLabel("A share of the visitors").check();
  await page.getByLabel("Share in percent").fill("five");
  await page.getByRole("button", { name: "Review changes" }).click();
  await page.getByRole("alert").getByText("“five” is not valid").waitFor();
  expect(await page.getByLabel("A share of the visitors").isChecked()).toBe(true);
  await page.getByLabel("Share in percent").fill("5");
  await page.getByRole("button", { name: "Review changes" }).click();
  await page.getByText("5% of the visitors take part in no experiment from now on").waitFor();
  await page.getByRole("button", { name: "Change the holdout" }).click();
  await page.getByRole("status").getByText("Holdout: 5% of the visitors").waitFor();
  expect(demo.registry.settings().holdout).toEqual({ share: 0.05, salt: "holdout" });
  expect(await page.getByLabel("Share in percent").inputValue()).toBe("5");
});

test.each([
  ["settings", "/experiments/settings"],
  ["settings-wrong", "/experiments/settings/confirm?holdout=some&share=five&salt="],
  ["settings-off", "/experiments/settings/confirm?enabled=false"],
  ["settings-holdout", "/experiments/settings/confirm?holdout=some&share=20&salt=2027&version=1"],
])("%s meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async (name, path) => {
  await expectGood(await openPage(path, { bypassCSP: true }), name);
});

test.each([
  ["switched-off", "/experiments/white_gold_btn"],
  ["settings-while-off", "/experiments/settings"],
])("%s meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async (name, path) => {
  const { registry } = served.demo;
  const set = (enabled: boolean) =>
    registry.updateSettings((settings) => ({ ...settings, enabled }), { by: "ann", now: "2026-02-06T17:00:00.000Z" });
  await set(false);
  await expectGood(await openPage(path, { bypassCSP: true }), name);
  await set(true);
});

describe("where there is a login", () => {
  const token = "a-token-of-the-tests-0123456789";
  const { openPage, expectGood } = servePages(async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
    const { app, registry, log, streams, errors } = await appIn(folder, [], {
      adminToken: token,
      assets: await builtAssets(),
    });
    const close = async () => {
      await log.close();
      await rm(folder, { recursive: true });
    };
    return { app, registry, log, streams, errors, close };
  });
  const logIn = async (page: Page) => {
    await page.getByLabel("Token", { exact: true }).fill(token);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Settings" }).waitFor();
  };

  test("all browsers are logged out at once", async () => {
    const page = await openPage("/experiments/settings", { javaScriptEnabled: false });
    await logIn(page);
    const another = await openPage("/experiments/settings", { javaScriptEnabled: false });
    await logIn(another);
    await keyboard(page).press(page.getByRole("button", { name: "Log out everywhere" }));
    await page.getByLabel("Token", { exact: true }).waitFor();
    await another.reload();
    await another.getByLabel("Token", { exact: true }).waitFor();
  });

  test("the page meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
    const page = await openPage("/experiments/settings", { bypassCSP: true });
    await logIn(page);
    await expectGood(page, "settings-logins");
  });
});
