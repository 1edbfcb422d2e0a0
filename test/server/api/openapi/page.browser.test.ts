import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { problemsOf } from "../../../accessibility.ts";
import { openDemoApp } from "../../../demo/demo-app.ts";
import { launchBrowser } from "../../../launch-browser.ts";

let demo: Awaited<ReturnType<typeof openDemoApp>>;
let server: ServerType;
let origin: string;
let browser: Browser;

beforeAll(async () => {
  const launch = launchBrowser();
  demo = await openDemoApp();
  server = await new Promise((resolve) => {
    const listening = serve({ fetch: demo.app.fetch, hostname: "127.0.0.1", port: 0 }, () => resolve(listening));
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launch;
});

afterAll(async () => {
  await browser?.close();
  await new Promise((resolve) => server.close(resolve));
  expect(demo.errors).toEqual([]);
  await demo.close();
});

async function openDocs(bypassCSP: boolean) {
  const context = await browser.newContext({ bypassCSP });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => hosts.add(new URL(request.url()).origin));
  await page.goto(`${origin}/docs`);
  return { page, complaints, hosts };
}

test("the page of the API asks no other host, and its content security policy has nothing to say", async () => {
  const { page, complaints, hosts } = await openDocs(false);
  expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("API");
  const operation = page.locator("details", { hasText: "Change an experiment, its state too" });
  await operation.locator("summary").focus();
  await page.keyboard.press("Enter");
  expect(await operation.innerText()).toContain("Somebody else was faster");
  await operation.getByRole("link", { name: "ExperimentChange" }).click();
  expect(new URL(page.url()).hash).toBe("#schema-ExperimentChange");
  expect(complaints).toEqual([]);
  expect([...hosts]).toEqual([origin, "data:"].filter((host) => hosts.has(host)));
});

test("the page of the API meets WCAG 2.2 AA and fits, light and dark, wide and narrow, with everything open", async () => {
  const { page } = await openDocs(true);
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  const folder = process.env.SCREENSHOTS;
  const look = async (name: string) => {
    if (folder) await page.screenshot({ path: `${folder}/api-${name}.png` });
  };
  expect(await problemsOf(page, look)).toEqual([]);
}, 120_000);
