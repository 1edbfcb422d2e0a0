import { expect, test } from "vitest";
import { openDemoApp } from "../../../demo/demo-app.ts";
import { keyboard } from "../../rig/hands.ts";
import { inactive } from "../../rig/open-app.ts";
import { servePages } from "../../rig/served-pages.ts";

const { served, openPage, expectGood } = servePages(() => openDemoApp("", [inactive("headline_test")]));

test("a visitor is forgotten and an experiment deleted with its events by the keyboard alone, without JavaScript", async () => {
  const { demo, origin } = served;
  await demo.log.append([
    { id: "e-1", ts: "2026-01-31T12:00:00.000Z", deviceId: "d1", event: "order", source: "test", params: {} },
  ]);
  const page = await openPage("/experiments/settings", { javaScriptEnabled: false });
  await keyboard(page).press(page.getByRole("link", { name: "Data: forget a visitor" }));
  await keyboard(page).write(page.getByLabel("Device ID or account ID"), "d1");
  await keyboard(page).press(page.getByRole("button", { name: "Continue" }));
  await page.getByText("It cannot be undone.").waitFor();
  await keyboard(page).press(page.getByRole("button", { name: "Forget this visitor" }));
  await page.getByText("Took 1 events of a device or account out.").waitFor();

  await page.goto(`${origin}/experiments/headline_test`);
  await keyboard(page).press(page.getByText("Delete this experiment"));
  await keyboard(page).write(page.getByLabel("Type headline_test to delete it with its events"), "headline_test");
  await keyboard(page).press(page.getByRole("button", { name: "Delete headline_test with its events" }));
  await page.getByText("Deleted headline_test: took out 0 events.").waitFor();
  expect(demo.registry.list()).toEqual([]);
});

test("the page of data meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
  await expectGood(await openPage("/experiments/settings/data", { bypassCSP: true }), "data");
});

test("the question before a visitor is forgotten meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
  const page = await openPage("/experiments/settings/data", { bypassCSP: true });
  await page.getByLabel("Device ID or account ID").fill("a-long-id-without-a-break-".repeat(9));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Forget this visitor?" }).waitFor();
  await expectGood(page, "forget");
});
