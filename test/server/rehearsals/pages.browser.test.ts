import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rehearsalHtml } from "../../../core/rehearsal/html.ts";
import { REHEARSAL_CHECKS, type RehearsalReport } from "../../../core/rehearsal/report.ts";
import { appIn } from "../rig/app-in.ts";
import { builtAssets } from "../rig/built-assets.ts";
import { TOKEN } from "../rig/logged-in.ts";
import { inactive } from "../rig/open-app.ts";
import { servePages } from "../rig/served-pages.ts";

const AS_ADMIN = { extraHTTPHeaders: { authorization: `Bearer ${TOKEN}` }, bypassCSP: true };
/** A picture of one pixel. */
const PIXEL = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==";
const LONG = "https://www.example.com/a-page-with-an-address-that-is-longer-than-any-small-screen-is-wide";

const figures = { visits: 10, timeToVariantMs: 22.4, layoutShift: 0.0123, largestPaintMs: 812 };
const REPORT: RehearsalReport = {
  ok: false,
  experiment: "failed",
  definition: "0".repeat(32),
  page: LONG,
  startedAt: "2026-01-31T12:00:00.000Z",
  seconds: 61.2,
  browser: "HeadlessChrome/150.0.0.0",
  checks: REHEARSAL_CHECKS.map((name, place) => ({
    name,
    ok: place % 4 !== 1,
    tested: place % 4 !== 2,
    detail: `B: ${LONG} and what more there is to say of it`,
    fix: place % 4 === 1 ? "put it right" : null,
  })),
  views: ["A", "B", "Another group with a long name"].flatMap((group) =>
    (["desktop", "phone"] as const).map((screen) => ({ group, screen, ...figures, picture: PIXEL })),
  ),
  withoutTag: { ...figures, timeToVariantMs: null },
};

let isRunning = false;
const order = { key: "failed", page: LONG, goals: [] };
const runner = {
  running: () => (isRunning ? { ...order, startedAt: "2026-01-31T12:00:00.000Z" } : null),
  problem: () => `--url is "${LONG}", which is not visited`,
  start: () => true,
  stop: () => undefined,
};

async function open() {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-rehearsals-"));
  const assets = await builtAssets("");
  const experiments = [inactive("never"), inactive("failed")];
  const opened = await appIn(folder, experiments, { adminToken: TOKEN, assets, runner });
  const response = await opened.app.request("/api/admin/experiments/failed/rehearsal", {
    method: "PUT",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(REPORT),
  });
  expect(response.status).toBe(204);
  return {
    ...opened,
    async close() {
      await opened.log.close();
      await rm(folder, { recursive: true });
    },
  };
}

const { openPage, expectGood } = servePages(open);

test.each([
  "never",
  "failed",
])("the page of an experiment whose rehearsal %s was asks, and can rehearse", async (key) => {
  isRunning = false;
  const page = await openPage(`/experiments/${key}`, AS_ADMIN);
  await page.getByRole("group", { name: /rehears/ }).waitFor();
  await page.getByRole("button", { name: "Rehearse now" }).waitFor();
  for (const details of await page.locator("details").all())
    await details.evaluate((one) => one.setAttribute("open", ""));
  await expectGood(page, `rehearsal-${key}`);
});

test("the page of an experiment that is being rehearsed says so", async () => {
  isRunning = true;
  const page = await openPage("/experiments/failed", AS_ADMIN);
  await page.getByRole("status").getByText("is under way since").waitFor();
  expect(await page.getByRole("button", { name: "Rehearse now" }).count()).toBe(0);
  await expectGood(page, "rehearsal-running");
});

test("the report meets WCAG 2.2 AA and fits, with all of its pictures", async () => {
  const page = await openPage("/healthz", AS_ADMIN);
  await page.setContent(rehearsalHtml(REPORT));
  expect(await page.getByRole("img").count()).toBe(6);
  await expectGood(page, "rehearsal-report");
});

test("the report's own policy lets its style and its pictures through, and no script", async () => {
  const page = await openPage("/experiments/failed/rehearsal", { extraHTTPHeaders: AS_ADMIN.extraHTTPHeaders });
  const picture = page.getByRole("img").first();
  expect(await picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  expect(
    await page
      .locator(".pictures")
      .first()
      .evaluate((one) => getComputedStyle(one).display),
  ).toBe("grid");
});
