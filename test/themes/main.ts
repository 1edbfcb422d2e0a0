// Puts placeholders into pages of real themes, which npm has, visits each one with and without the
// tag, and says where something is wrong with the tag only:
//
//   npm run themes -- [NAME…] [--pages 5] [--pick 0] [--keep]
//
// `--pages` is the number of pages of each theme, `--pick` marks other elements of them, `--keep`
// has placeholders changed in place. Exit 0: nothing is wrong; 1: something is; 2: bad usage.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { startDemo } from "../../bench/demo-server.ts";
import { send } from "../../bench/start-experiment.ts";
import { browserPath, launchVisitorBrowser } from "../../bench/visitor-browser.ts";
import type { Event } from "../../core/event.ts";
import { installThemes, pagesOf, THEMES } from "./installed-themes.ts";
import { KEYS, markPage, wordOf } from "./marked-page.ts";
import { visitPage, wrongIn } from "./visited-page.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pages: { type: "string", default: "5" },
    pick: { type: "string", default: "0" },
    keep: { type: "boolean", default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(THEMES);
const unknown = names.find((name) => !(name in THEMES));
if (unknown !== undefined) {
  process.stderr.write(`themes: there is no theme "${unknown}": there are ${Object.keys(THEMES).join(", ")}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = (await tryAll(names)) ? 0 : 1;
}

async function tryAll(names: readonly string[]): Promise<boolean> {
  const folder = await installThemes(names);
  const demo = await startDemo("--rate-limit", "0", "--new-devices", "0");
  const site = await openSite(folder);
  const browser = await launchVisitorBrowser(browserPath());
  let passed = 0;
  let failed = 0;
  try {
    for (const key of KEYS) await startExperiment(demo.base, key);
    for (const name of names) {
      for (const path of await pagesOf(folder, name, Number(values.pages))) {
        const source = await readFile(join(folder, path), "utf8");
        const marking = { tag: `${demo.base}/tag.js`, pick: Number(values.pick), isKept: values.keep };
        const { html, keys } = markPage(source, marking);
        if (keys.length === 0) continue;
        const own = await visitPage(browser, site.publish(path, source));
        const url = site.publish(path, html);
        const visit = await visitPage(browser, url);
        const wrong = wrongIn(visit, own.errors, await eventsOf(demo.base, new URL(url).pathname), keys);
        if (wrong.length === 0) passed += 1;
        else failed += 1;
        process.stdout.write(
          `${wrong.length === 0 ? "✓" : "✗"} ${path}${wrong.map((text) => `\n    ${text}`).join("")}\n`,
        );
      }
    }
  } finally {
    await browser.close();
    site.close();
    await demo.end();
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0;
}

/** Starts an experiment of two groups, whose payloads are their words. */
async function startExperiment(base: string, key: string): Promise<void> {
  const groups = ["A", "B"].map((name) => ({ name, weight: 50, payload: wordOf(key, name) }));
  await send(base, "POST", "/api/admin/experiments", { key, groups });
  await send(base, "PUT", `/api/admin/experiments/${key}`, { state: "active" });
}

/** Events that a page has reported. */
async function eventsOf(base: string, path: string): Promise<Event[]> {
  const answer = await fetch(`${base}/events?limit=10000`);
  return ((await answer.json()) as Event[]).filter((event) => event.source === "browser" && event.path === path);
}

/** A site of the themes' files, of which one page at a time is another one. */
async function openSite(folder: string) {
  let published = { path: "", html: "" };
  const site = createServer(async ({ url = "" }, response) => {
    const path = decodeURIComponent(new URL(url, "http://site").pathname);
    response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
    const file = path === published.path ? published.html : await readFile(join(folder, path)).catch(() => null);
    response.writeHead(file === null ? 404 : 200).end(file);
  }).listen(0, "127.0.0.1");
  await once(site, "listening");
  const { port } = site.address() as AddressInfo;
  return {
    publish(path: string, html: string): string {
      published = { path: `/${path}`, html };
      return `http://127.0.0.1:${port}/${encodeURI(path)}`;
    },
    close() {
      site.closeAllConnections();
      site.close();
    },
  };
}
