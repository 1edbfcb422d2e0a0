// Visits per second of the simulator's drivers, in turn, on one server:
//
// - baseline: the simplest honest way to send visitors, Playwright with a fresh context for each,
//   30 at a time, one page load, one click in seven, context closed
// - browser: our driver with the same browser
// - dom: the tag without a browser
// - http: what the tag would send
// - floor: the same requests as ready-made texts, which is what the server can take
//
//   npm run bench:visits -- [--visits 300] [--rounds 3] [--concurrency 4] [--no-baseline] [--json]
//
// Drivers without a browser send 20 times as many visits. On Linux the processor time of a visit is
// measured, too, the server's included: that says more on a machine that does something else.
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { openBrowserDriver } from "../simulate/browser-driver.ts";
import { openDomDriver } from "../simulate/dom/dom-driver.ts";
import type { Driver } from "../simulate/driver.ts";
import { openHttpDriver } from "../simulate/http-driver.ts";
import { readPageSource } from "../simulate/page-source.ts";
import { serverClient } from "../simulate/server-client.ts";
import { startDemo } from "./demo-server.ts";
import { browserPath, SANDBOX } from "./visitor-browser.ts";
import { sendRawVisits } from "./visits-floor.ts";
import { processorMs } from "./visits-processor.ts";

const BASELINE_CONCURRENCY = 30;
const ONE_CLICK_IN = 7;
const UNKNOWN = { perSecond: Number.NaN, cpuMs: Number.NaN };
const WITHOUT_BROWSER = 20;

type Way = "baseline" | "browser" | "dom" | "http" | "floor";
interface Speed {
  readonly perSecond: number;
  /** Processor time of a visit. */
  readonly cpuMs: number;
}

const { values: options } = parseArgs({
  options: {
    visits: { type: "string", default: "300" },
    rounds: { type: "string", default: "3" },
    concurrency: { type: "string", default: "4" },
    "no-baseline": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const visits = Number(options.visits);
const built = pathToFileURL(`${resolve("dist")}/`);
const executable = browserPath();

const demo = await startDemo();
try {
  const { base } = demo;
  const url = `${base}/demo/7-admin-page`;
  const { header } = await serverClient(base, null).startRun();
  const headers = { "Fairsplit-Run": header };
  const more = visits * WITHOUT_BROWSER;
  const rounds: Record<Way, Speed>[] = [];
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const speeds = {
      baseline: options["no-baseline"] ? UNKNOWN : await measure(visits, () => baseline(url, headers)),
      browser: await measure(visits, () => browserDriver(url, headers)),
      dom: await measure(more, () =>
        driverOf(
          openDomDriver({ url, seed: `${round}`, concurrency: 32, headers, built, threads: availableParallelism() }),
        ),
      ),
      http: await measure(more, async () =>
        driverOf(openHttpDriver({ page: await readPageSource(url), seed: `h${round}`, concurrency: 32, headers })),
      ),
      floor: await measure(more, async () => ({
        run: () => sendRawVisits(base, headers, more, ONE_CLICK_IN),
        close: async () => undefined,
      })),
    };
    process.stderr.write(`bench: round ${round + 1}: ${show(speeds)}\n`);
    rounds.push(speeds);
  }
  const ratioOf = (one: Way, other: Way, ratio: (one: Speed, other: Speed) => number) =>
    median(rounds.map((round) => ratio(round[one], round[other])));
  const faster = (one: Speed, other: Speed) => one.perSecond / other.perSecond;
  const cheaper = (one: Speed, other: Speed) => other.cpuMs / one.cpuMs;
  const ratios = {
    "browser / baseline": ratioOf("browser", "baseline", faster),
    "dom / browser": ratioOf("dom", "browser", faster),
    "http / floor": ratioOf("http", "floor", faster),
    "browser / baseline, visits per processor time": ratioOf("browser", "baseline", cheaper),
    "dom / browser, visits per processor time": ratioOf("dom", "browser", cheaper),
    "http / floor, visits per processor time": ratioOf("http", "floor", cheaper),
  };
  if (options.json)
    process.stdout.write(`${JSON.stringify({ browser: executable, visits, rounds, ratios }, null, 2)}\n`);
  else {
    const lines = Object.entries(ratios).map(([name, ratio]) => `${name}: ${ratio.toFixed(2)}\n`);
    process.stdout.write(`medians of ${rounds.length} rounds\n${lines.join("")}`);
  }
} finally {
  await demo.end();
}

/** Speed of visits, with the start and the end of the browser left out on both sides. */
async function measure(
  count: number,
  open: () => Promise<{ run(): Promise<void>; close(): Promise<void> }>,
): Promise<Speed> {
  const { run, close } = await open();
  const before = processorMs();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  const cpuMs = (processorMs() - before) / count;
  await close();
  return { perSecond: count / seconds, cpuMs };
}

async function baseline(url: string, headers: Record<string, string>) {
  const browser = await chromium.launch({ executablePath: executable, args: [...SANDBOX] });
  return {
    run: () =>
      sideBySide(visits, BASELINE_CONCURRENCY, async (index) => {
        const context = await browser.newContext({ extraHTTPHeaders: headers });
        const page = await context.newPage();
        await page.goto(url);
        await page.waitForSelector("button.choice");
        if (index % ONE_CLICK_IN === 0) await page.click("button.choice");
        await context.close();
      }),
    close: () => browser.close(),
  };
}

async function browserDriver(url: string, headers: Record<string, string>) {
  const concurrency = Number(options.concurrency);
  const driver = await openBrowserDriver({
    executable: executable,
    url,
    seed: "bench",
    concurrency,
    headers,
  });
  return {
    run: () =>
      sideBySide(visits, concurrency, async (index) => {
        const click = { experiment: "homepage_button_test", event: "button_click" };
        const { seen, errors } = await driver.visit(index, () => (index % ONE_CLICK_IN === 0 ? [click] : []));
        if (!seen?.acknowledged || errors.length > 0) throw new Error(`visit ${index} failed: ${errors.join("; ")}`);
      }),
    close: () => driver.close(),
  };
}

async function driverOf(opened: Driver | Promise<Driver>) {
  const driver = await opened;
  return {
    run: () =>
      sideBySide(visits * WITHOUT_BROWSER, 32, async (index) => {
        const click = { experiment: "homepage_button_test", event: "button_click" };
        const { seen, errors } = await driver.visit(index, () => (index % ONE_CLICK_IN === 0 ? [click] : []));
        if (!seen?.acknowledged || errors.length > 0) throw new Error(`visit ${index} failed: ${errors.join("; ")}`);
      }),
    close: () => driver.close(),
  };
}

async function sideBySide(total: number, count: number, visit: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const visitor = async () => {
    while (next < total) await visit(next++);
  };
  await Promise.all(Array.from({ length: count }, visitor));
}

function show(speeds: Record<Way, Speed>): string {
  return Object.entries(speeds)
    .map(
      ([way, { perSecond, cpuMs }]) => `${way} ${perSecond.toFixed(perSecond < 100 ? 1 : 0)} (${cpuMs.toFixed(2)} ms)`,
    )
    .join(", ")
    .concat(" visits/s, with the processor time of each");
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
