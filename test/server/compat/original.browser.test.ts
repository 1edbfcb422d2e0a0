import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { sfc32 } from "../../../simulate/sfc32.ts";
import { launchBrowser } from "../../launch-browser.ts";
import { start } from "../rig/built-program.ts";

const VISITS = 40;
const CLICK_RATES: Record<string, number> = { A: 0.1, B: 0.2 };

const launch = launchBrowser();
beforeAll(() => launch);
afterAll(async () => (await launch).close());

test("the original's visitors, by a real browser that waits for nothing but the load event", async () => {
  const data = await mkdtemp(join(tmpdir(), "fairsplit-original-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const { base } = await start(["demo", "--original", "--data", data, "--port", "0"]);
  const browser = await launch;
  const word = sfc32([20, 0, 0, 1]);
  const random = () => word() / 2 ** 32;
  const seen: Record<string, { visits: number; clicks: number }> = {};
  const headlines: Record<string, number> = {};
  const errors: string[] = [];
  for (let visit = 0; visit < VISITS; visit += 1) {
    // The original script's steps: a context per visitor, go to the page, read the first h3 and the
    // headline, and click the first button with the probability of the variant.
    const context = await browser.newContext();
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(base);
    const title = await page.$eval("h3", ({ textContent }) => textContent ?? "");
    const headline = await page.$eval("#headline-container h2", ({ textContent }) => textContent ?? "");
    const [, variant = ""] = /^Variant ([AB])$/.exec(title) ?? [];
    expect(variant, title).not.toBe("");
    expect(headline).not.toBe("");
    const counts = seen[variant] ?? { visits: 0, clicks: 0 };
    seen[variant] = counts;
    counts.visits += 1;
    headlines[headline] = (headlines[headline] ?? 0) + 1;
    if (random() < (CLICK_RATES[variant] ?? 0)) {
      await page.click("button");
      counts.clicks += 1;
    }
    await context.close();
  }
  expect(errors).toEqual([]);
  expect(Object.keys(headlines)).toHaveLength(2);

  const events: { event: string; deviceId: string; params: Record<string, unknown> }[] = [];
  // Pages send their last events while they are closed.
  const clicks = Object.values(seen).reduce((sum, one) => sum + one.clicks, 0);
  for (let attempt = 0; attempt < 50; attempt += 1) {
    events.splice(0, events.length, ...(await (await fetch(`${base}/events`)).json()));
    if (events.filter(({ event }) => event === "button_click").length >= clicks) break;
    await wait(100);
  }
  const of = (name: string) => events.filter(({ event }) => event === name);
  expect(of("pageview")).toHaveLength(VISITS);
  expect(new Set(of("exp_groups").map(({ deviceId }) => deviceId)).size).toBe(VISITS);
  for (const { params } of of("exp_groups")) {
    expect(params.homepage_button_test).toEqual({
      active: true,
      fallback: "A",
      group: expect.stringMatching(/^[AB]$/),
    });
  }
  // The click goal's window of 5 minutes is open: the report has visitors, but no clicks yet.
  const report = await (await fetch(`${base}/api/admin/experiments/homepage_button_test/results`)).json();
  const visits = report.groups.map(({ group, devices }: { group: string; devices: number }) => [group, devices]);
  const clicksOf = (group: string) => of("button_click").filter(({ params }) => params.btn_type === group).length;
  for (const [group, devices] of visits) {
    expect({ group, visits: devices, clicks: clicksOf(group) }).toEqual({ group, ...seen[group] });
  }
});
