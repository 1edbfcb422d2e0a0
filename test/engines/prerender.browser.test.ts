import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { active } from "../server/rig/open-app.ts";
import { openShop, VISITOR } from "../tag/shop.ts";
import { findChromium } from "./chromium.ts";

// A page that Chromium renders before the visitor opens it (speculation rules). A browser that is
// watched by a debugger does not show such pages, so that this one drives itself.

const TAG = `<script async src="{api}/tag.js"></script>`;
const PLACEHOLDER = `<div data-exp="test">Own${["A", "B"].map((group) => `<template data-group="${group}">Buy ${group}</template>`).join("")}</div>`;
/** Follows the link once there is a page `/go`. */
const FOLLOW = `(async () => {
  while (!(await fetch("/go")).ok) await new Promise((resolve) => setTimeout(resolve, 100));
  document.querySelector("a").click();
})()`;
const RULES = { prerender: [{ urls: ["/ahead"], eagerness: "immediate" }] };
/** Time in which a page that is rendered ahead would have reported itself. */
const AHEAD_MS = 3000;

let shop: Awaited<ReturnType<typeof openShop>>;
let profile: string;
let browser: ChildProcess | undefined;

beforeAll(async () => {
  shop = await openShop([active("test")]);
  profile = await mkdtemp(join(tmpdir(), "fairsplit-prerender-"));
});
afterAll(async () => {
  if (browser?.exitCode === null) {
    browser.kill("SIGKILL");
    await new Promise((resolve) => browser?.once("exit", resolve));
  }
  await shop?.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

test("a page that Chromium renders ahead is a view once it is opened, and shows the variant", {
  timeout: 60_000,
}, async ({ skip }) => {
  const program = findChromium();
  if (!program) skip();
  shop.pages
    .set(
      "/before",
      `${TAG}<a href="/ahead">on</a><script type="speculationrules">${JSON.stringify(RULES)}</script><script>${FOLLOW}</script>`,
    )
    .set(
      "/ahead",
      `<script>fairsplit = [["track", "ahead " + document.prerendering]];
        document.addEventListener("fairsplit:exposure", () => fairsplit.track("saw " + document.querySelector("[data-exp]").innerText));
        </script>${TAG}${PLACEHOLDER}`,
    );
  const options = ["--headless=new", "--no-sandbox", "--no-first-run", "--remote-debugging-pipe", VISITOR];
  browser = spawn(program as string, [...options, `--user-data-dir=${profile}`, `${shop.siteUrl}/before`], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  await expect.poll(() => shop.heard(), { timeout: 30_000 }).toEqual(["pageview /before"]);
  await new Promise((resolve) => setTimeout(resolve, AHEAD_MS));
  expect(await shop.heard()).toEqual(["pageview /before"]);
  shop.pages.set("/go", "now");
  await expect
    .poll(() => shop.heard(), { timeout: 15_000 })
    .toEqual([
      "ahead true /ahead",
      "exposure /ahead",
      "pageview /ahead",
      "pageview /before",
      expect.stringMatching(/^saw Buy [AB] \/ahead$/),
    ]);
});
