// Visits per second of the simulator's browser driver beside the simplest honest way to send
// visitors: Playwright with a fresh context for each, 30 at a time, one page load, one click in
// seven, context closed. Same browser, same server, same run, in turn:
//
//   npm run bench:visits -- [--visits 300] [--rounds 3] [--concurrency 4] [--json]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { findBrowser } from "../simulate/browser.ts";
import { openBrowserDriver } from "../simulate/browser-driver.ts";
import { serverClient } from "../simulate/server-client.ts";

const BASELINE_CONCURRENCY = 30;
const ONE_CLICK_IN = 7;

const { values: options } = parseArgs({
  options: {
    visits: { type: "string", default: "300" },
    rounds: { type: "string", default: "3" },
    concurrency: { type: "string", default: "4" },
    json: { type: "boolean", default: false },
  },
});
const visits = Number(options.visits);
const executable = findBrowser();
if (!executable) throw new Error("there is no browser: npm run simulate says how to get one");

const data = await mkdtemp(join(tmpdir(), "fairsplit-bench-"));
const server = spawn(process.execPath, ["dist/fairsplit.js", "demo", "--port", "0", "--data", data], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const [line] = await once(createInterface(server.stdout), "line");
  const base = String(line).split(" ").at(-1) ?? "";
  const url = `${base}/demo/7-admin-page`;
  const { header } = await serverClient(base, null).startRun();
  const headers = { "Fairsplit-Run": header };
  const rounds: { baseline: number; driver: number }[] = [];
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const perSecond = {
      baseline: await measure(() => baseline(url, headers)),
      driver: await measure(() => driver(url, headers)),
    };
    process.stderr.write(`bench: round ${round + 1}: ${show(perSecond)}\n`);
    rounds.push(perSecond);
  }
  const ratios = rounds.map(({ baseline, driver }) => driver / baseline).toSorted((a, b) => a - b);
  const ratio = ratios[ratios.length >> 1] ?? Number.NaN;
  if (options.json)
    process.stdout.write(`${JSON.stringify({ browser: executable, visits, rounds, ratio }, null, 2)}\n`);
  else
    process.stdout.write(
      `${visits} visits a round: ${ratio.toFixed(1)} times the baseline (median of ${rounds.length})\n`,
    );
} finally {
  server.kill("SIGTERM");
  await once(server, "exit");
  await rm(data, { recursive: true, force: true });
}

/** Visits per second, with the start and the end of the browser left out on both sides. */
async function measure(open: () => Promise<{ run(): Promise<void>; close(): Promise<void> }>): Promise<number> {
  const { run, close } = await open();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  await close();
  return visits / seconds;
}

async function baseline(url: string, headers: Record<string, string>) {
  const isRoot = process.getuid?.() === 0;
  const browser = await chromium.launch({ executablePath: executable as string, args: isRoot ? ["--no-sandbox"] : [] });
  return {
    run: () =>
      sideBySide(BASELINE_CONCURRENCY, async (index) => {
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

async function driver(url: string, headers: Record<string, string>) {
  const concurrency = Number(options.concurrency);
  const driver = await openBrowserDriver({
    executable: executable as string,
    url,
    seed: "bench",
    concurrency,
    headers,
  });
  return {
    run: () =>
      sideBySide(concurrency, async (index) => {
        const click = { experiment: "homepage_button_test", event: "button_click" };
        const { seen, errors } = await driver.visit(index, () => (index % ONE_CLICK_IN === 0 ? [click] : []));
        if (!seen?.acknowledged || errors.length > 0) throw new Error(`visit ${index} failed: ${errors.join("; ")}`);
      }),
    close: () => driver.close(),
  };
}

async function sideBySide(count: number, visit: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const visitor = async () => {
    while (next < visits) await visit(next++);
  };
  await Promise.all(Array.from({ length: count }, visitor));
}

function show({ baseline, driver }: { baseline: number; driver: number }): string {
  return `baseline ${baseline.toFixed(1)} visits/s, driver ${driver.toFixed(1)} visits/s, ${(driver / baseline).toFixed(1)} times`;
}
