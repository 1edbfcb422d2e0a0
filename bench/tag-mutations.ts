// Time of the tag on a page that changes in every frame, in the callbacks of its observers:
//
//   npm run bench:mutations -- [--nodes 20000] [--frames 300] [--rounds 5]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "../simulate/browser.ts";

/** Adds up the time in callbacks of MutationObserver: the page itself has none. */
const WATCH = `
  window.spent = 0;
  window.MutationObserver = class extends MutationObserver {
    constructor(back) {
      super((...heard) => {
        const start = performance.now();
        back(...heard);
        spent += performance.now() - start;
      });
    }
  };`;

const { values: options } = parseArgs({
  options: {
    nodes: { type: "string", default: "20000" },
    frames: { type: "string", default: "300" },
    rounds: { type: "string", default: "5" },
  },
});
const executable = findBrowser();
if (!executable) throw new Error("there is no browser: npm run simulate says how to get one");

const data = await mkdtemp(join(tmpdir(), "fairsplit-bench-"));
const server = spawn(process.execPath, ["dist/fairsplit.js", "demo", "--port", "0", "--data", data], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const [line] = await once(createInterface(server.stdout), "line");
  const site = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(page(String(line).split(" ").at(-1) ?? ""));
  }).listen(0);
  await once(site, "listening");
  const browser = await chromium.launch({
    executablePath: executable,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      // A bot would get the fallback.
      "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    ],
  });
  const rounds: number[] = [];
  for (let round = 0; round < Number(options.rounds); round += 1)
    rounds.push(await tagMs(browser, `http://127.0.0.1:${(site.address() as AddressInfo).port}/`));
  await browser.close();
  site.close();
  rounds.sort((a, b) => a - b);
  const middle = rounds[rounds.length >> 1] ?? Number.NaN;
  process.stdout.write(
    `${options.nodes} nodes, ${options.frames} frames with a change: ${middle.toFixed(1)} ms of the tag ` +
      `(${rounds[0]?.toFixed(1)} to ${rounds.at(-1)?.toFixed(1)})\n`,
  );
} finally {
  server.kill("SIGTERM");
  await once(server, "exit");
  await rm(data, { recursive: true, force: true });
}

function page(api: string): string {
  const templates = ["A", "B"].map((group) => `<template data-group="${group}"><b>Variant</b></template>`).join("");
  const nodes = `<p>text</p>`.repeat(Number(options.nodes));
  return `<!doctype html><title>x</title><script async src="${api}/tag.js"></script>
    <div data-exp="homepage_button_test">Original${templates}</div><main>${nodes}</main>`;
}

/** Milliseconds in the tag's observers while the page changes. */
async function tagMs(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.addInitScript(WATCH);
  const isComplete = tab.waitForResponse(/\/tag-more\./);
  await tab.goto(url);
  await isComplete;
  await tab.waitForSelector("[data-exp] b");
  await tab.waitForTimeout(500);
  const ms = await tab.evaluate<number>(`(async () => {
    const main = document.querySelector("main");
    spent = 0;
    for (let frame = 0; frame < ${Number(options.frames)}; frame += 1) {
      main.append(document.createElement("i"));
      await new Promise(requestAnimationFrame);
    }
    return spent;
  })()`);
  await context.close();
  return ms;
}
