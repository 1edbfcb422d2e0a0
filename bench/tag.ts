// Cost of the tag for a page's visitor, beside a page without a test and beside GrowthBook's
// script, in one browser, from one server that answers everything 50 ms late, in turn:
//
//   npm run bench:tag -- [--loads 30] [--latency 50] [--json]
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { startDemo } from "./demo-server.ts";
import { CONTESTANTS, openSite } from "./tag-site.ts";
import { browserPath, launchVisitorBrowser } from "./visitor-browser.ts";

/** Times of one page view, in milliseconds since the navigation began. */
interface View {
  /** Time of the first frame that has the variant. */
  readonly variantMs: number;
  /** 1 when a frame before had something else in its place that could be seen. */
  readonly originalFirst: number;
  readonly shift: number;
  readonly requests: number;
  readonly bytes: number;
  readonly scriptMs: number;
  /** Largest Contentful Paint. */
  readonly lcpMs: number;
  /** Interaction to Next Paint, of a click on the variant. */
  readonly inpMs: number;
}
const COLUMNS = ["variantMs", "originalFirst", "shift", "requests", "bytes", "scriptMs", "lcpMs", "inpMs"] as const;
/** Slow 4G as Lighthouse has it, and a processor of a quarter of this machine's speed. */
const SLOW = { latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8, slowdown: 4 };
/** Runs before anything of the page, and looks at every frame. */
const WATCH = `
  window.seen = { shift: 0, variantMs: 0, originalFirst: 0, lcpMs: 0, inpMs: 0 };
  new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntries()) seen.lcpMs = startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const { duration, interactionId } of list.getEntries())
      if (interactionId) seen.inpMs = Math.max(seen.inpMs, duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) seen.shift += value;
  }).observe({ type: "layout-shift", buffered: true });
  const look = () => {
    const slot = document.querySelector("h1 + div");
    if (slot?.checkVisibility({ opacityProperty: true, visibilityProperty: true })) {
      if (slot.innerText.includes("Variant")) return void (seen.variantMs = performance.now());
      if (slot.innerText.includes("Original")) seen.originalFirst = 1;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);`;

const { values: options } = parseArgs({
  options: {
    loads: { type: "string", default: "30" },
    latency: { type: "string", default: "50" },
    json: { type: "boolean", default: false },
  },
});
const executable = browserPath();

const demo = await startDemo("--rate-limit", "0", "--new-devices", "0");
try {
  const site = await openSite(demo.base, Number(options.latency));
  const browser = await launchVisitorBrowser(executable);
  const views = CONTESTANTS.map(() => ({ first: [] as View[], repeat: [] as View[] }));
  for (let load = 0; load < Number(options.loads); load += 1) {
    for (const [index, all] of views.entries()) {
      const { first, repeat } = await visit(browser, `${site.url}/${index}`, CONTESTANTS[index]?.isSlow);
      all.first.push(first);
      all.repeat.push(repeat);
    }
    process.stderr.write(`bench: ${load + 1} of ${options.loads} loads\n`);
  }
  await browser.close();
  site.close();
  const report = CONTESTANTS.map(({ name }, index) => ({
    name,
    first: middle(views[index]?.first ?? []),
    repeat: middle(views[index]?.repeat ?? []),
  }));
  if (options.json)
    process.stdout.write(`${JSON.stringify({ browser: executable, ...options, report, views }, null, 2)}\n`);
  else for (const view of ["first", "repeat"] as const) process.stdout.write(`${view} view\n${table(report, view)}\n`);
} finally {
  await demo.end();
}

/** A visitor who has never been there, and who then comes again. */
async function visit(browser: Browser, url: string, isSlow = false): Promise<{ first: View; repeat: View }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  if (isSlow) {
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", { offline: false, ...SLOW });
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW.slowdown });
  }
  await page.addInitScript(WATCH);
  const first = await look(page, url);
  const repeat = await look(page, url);
  await context.close();
  return { first, repeat };
}

async function look(page: Page, url: string): Promise<View> {
  const session = await page.context().newCDPSession(page);
  let requests = 0;
  let bytes = 0;
  await Promise.all([session.send("Network.enable"), session.send("Performance.enable")]);
  session.on("Network.responseReceived", ({ response }) => {
    if (!response.fromDiskCache && response.url.startsWith("http")) requests += 1;
  });
  // From the browser's memory.
  session.on("Network.requestServedFromCache", () => {
    requests -= 1;
  });
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const before = await scriptMs();
  // Its reports come later, and delay no visitor.
  await page.goto(url, { waitUntil: "networkidle" });
  await page.waitForFunction(() => (window as unknown as { seen: View }).seen.variantMs > 0);
  const after = await scriptMs();
  await page.locator("h1 + div h2").click();
  // Events of less than 16 ms have no entry, so the next frame need not bring one.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50))));
  const seen = await page.evaluate(() => (window as unknown as { seen: View }).seen);
  await session.detach();
  return { ...seen, requests, bytes, scriptMs: after < before ? after : after - before };

  async function scriptMs(): Promise<number> {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "ScriptDuration")?.value ?? Number.NaN);
  }
}

/** Medians; of what is 0 or 1, the share. */
function middle(views: readonly View[]): View {
  const median = (name: keyof View) =>
    views.map((view) => view[name]).toSorted((a, b) => a - b)[views.length >> 1] ?? Number.NaN;
  const share = views.reduce((sum, { originalFirst }) => sum + originalFirst, 0) / views.length;
  return {
    ...(Object.fromEntries(COLUMNS.map((name) => [name, median(name)])) as unknown as View),
    originalFirst: share,
  };
}

function table(report: readonly { name: string; first: View; repeat: View }[], view: "first" | "repeat"): string {
  const cell = (value: number, name: keyof View) =>
    name === "shift"
      ? value.toFixed(3)
      : name === "originalFirst"
        ? `${Math.round(100 * value)} %`
        : name === "inpMs" && value < 16
          ? "< 16"
          : String(Math.round(value));
  const rows = report.map((row) => [row.name, ...COLUMNS.map((name) => cell(row[view][name], name))]);
  const heads = ["", "variant ms", "original first", "shift", "requests", "bytes", "script ms", "LCP ms", "INP ms"];
  return [heads, ...rows]
    .map(([name = "", ...cells]) => name.padEnd(52) + cells.map((text) => text.padStart(15)).join(""))
    .join("\n");
}
