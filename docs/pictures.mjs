// Takes the pictures of the README anew: `npm run pictures`. Every one is a real page of a real
// server after real visits.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { findBrowser } from "../dist/browser.js";

const WIDTH = 960;
const PICTURES = [
  { file: "experiments.png", path: "/experiments", height: 700 },
  { file: "demo-page.png", path: "/demo/7-admin-page", height: 640 },
  { file: "results.png", path: "/experiments/homepage_button_test/results", height: 1040, isOfRun: true },
];

const data = await mkdtemp(join(tmpdir(), "fairsplit-pictures-"));
const server = spawn(process.execPath, ["dist/fairsplit.js", "demo", "--port", "0", "--data", data], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const [line] = await once(server.stdout, "data");
  const base = /http:\S+/.exec(String(line))[0];
  execFileSync(process.execPath, ["dist/fairsplit.js", "simulate", "--url", base, "-n", "1000", "--seed", "1"]);
  const browser = await chromium.launch({ executablePath: findBrowser(), args: ["--no-sandbox"] });
  const [{ run }] = await (await fetch(`${base}/events?limit=1`)).json();
  for (const { file, path, height, isOfRun } of PICTURES) {
    const page = await browser.newPage({ viewport: { width: WIDTH, height } });
    // Not until the network is idle: results that are live are never.
    await page.goto(base + path + (isOfRun ? `?run=${run}` : ""));
    while ((await page.textContent("body")).includes("counting…")) await page.reload();
    await page.screenshot({ path: join(import.meta.dirname, file) });
  }
  await browser.close();
} finally {
  server.kill("SIGTERM");
  await once(server, "exit");
  await rm(data, { recursive: true, force: true });
}
