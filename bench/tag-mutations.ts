// Time of the tag on a page that changes in every frame, in the callbacks of its observers:
//
//   npm run bench:mutations -- [--nodes 20000] [--frames 300] [--rounds 5]
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { startDemo } from "./demo-server.ts";
import { browserPath, launchVisitorBrowser } from "./visitor-browser.ts";

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
const executable = browserPath();

const demo = await startDemo();
try {
  const site = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(page(demo.base));
  }).listen(0);
  await once(site, "listening");
  const browser = await launchVisitorBrowser(executable);
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
  await demo.end();
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
