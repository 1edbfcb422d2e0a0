import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, type ExpectStatic, expect, test } from "vitest";
import type { Event } from "../../core/event.ts";
import { openDemoApp } from "../demo/demo-app.ts";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { type Watched, watchFrames } from "./frame-watcher.ts";
import { HOSTILE_PAGES, type HostilePage, PLACEHOLDER, TAG } from "./hostile-pages.ts";

/**
 * Set for the whole browser: a context's user agent is not sent with requests of a page being left.
 */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const TIMEOUT_MS = 300;
/** Longer than any action of the tag. */
const LIFE_MS = 1000;
/** Timeout of a page whose server is busy but answers. */
const LONG_TIMEOUT_MS = 15_000;
const TEXTS = { variant: "Variant", fallback: "Fallback", content: "Content" };

const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });

let demo: Awaited<ReturnType<typeof openDemoApp>>;
let real: Server;
/** Answers as the path's row specifies. */
let broken: Server;
let site: Server;
let ports: { real: number; broken: number; site: number; closed: number };
let browser: Browser;

const apiOf = (row: number) =>
  `http://127.0.0.1:${HOSTILE_PAGES[row]?.answers ? `${ports.broken}/${row}` : ports.real}`;

function answerPage(url: string, response: ServerResponse): void {
  const row = Number(url.slice(1));
  const {
    doctype = "<!doctype html>",
    head = "",
    tag = TAG,
    body = PLACEHOLDER,
    headers = {},
  }: Partial<HostilePage> = HOSTILE_PAGES[row] ?? { tag: "" };
  const fill = (text: string) =>
    text
      .replaceAll("{api}", apiOf(row))
      .replaceAll("{closed}", `http://127.0.0.1:${ports.closed}`)
      .replaceAll("{timeout}", String(HOSTILE_PAGES[row]?.shows === "variant" ? LONG_TIMEOUT_MS : TIMEOUT_MS));
  response.setHeader("content-type", "text/html; charset=utf-8");
  for (const [name, value] of Object.entries(headers)) {
    // A policy's sources are origins: paths would not match what is below them.
    response.setHeader(name, value.replaceAll("{api}", `http://127.0.0.1:${ports.real}`));
  }
  const icon = doctype.includes("xhtml") ? "" : `<link rel="icon" href="data:,"><title>A shop</title>`;
  response.end(fill(`${doctype}${icon}${head}${tag}${body}`));
}

beforeAll(async () => {
  const tag = await readFile(new URL("../../dist/tag.js", import.meta.url), "utf8");
  const html = ["A", "B"].map((name) => ({ name, weight: 1, html: "<b>Variant</b>" }));
  demo = await openDemoApp(tag, [active("test"), active("html", { groups: html })]);
  real = serve({ fetch: demo.app.fetch, hostname: "127.0.0.1", port: 0 }) as Server;
  await new Promise((resolve) => real.once("listening", resolve));
  broken = createServer(({ url = "" }, response) => {
    const [, row, rest] = /^\/(\d+)(.*)$/.exec(url) ?? [];
    response.setHeader("access-control-allow-origin", "*");
    if (rest === "/tag.js") response.setHeader("content-type", "text/javascript").end(tag);
    else HOSTILE_PAGES[Number(row)]?.answers?.(response, rest ?? "");
  });
  site = createServer(({ url = "" }, response) => answerPage(url, response));
  const closed = createServer();
  ports = {
    real: (real.address() as AddressInfo).port,
    broken: await listen(broken),
    site: await listen(site),
    closed: await listen(closed),
  };
  await new Promise((resolve) => closed.close(resolve));
  browser = await launchBrowser([`--user-agent=${USER_AGENT}`, "--host-resolver-rules=MAP shop.example 127.0.0.1"]);
});

afterAll(async () => {
  await browser?.close();
  for (const server of [real, broken, site]) {
    server.closeAllConnections();
    server.close();
  }
  await demo.close();
});

async function exposures(path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ports.real}/events?limit=10000`);
  const events = (await response.json()) as Event[];
  return events.filter((event) => event.event === "exposure" && event.path === path).length;
}

/** Number of times that each row's page was opened: a test that is run again opens it again. */
const visits = new Map<number, number>();

/** Opens a row's page, and waits until it shows the expected content and some time has passed. */
async function visit(row: number, hostile: HostilePage, expect: ExpectStatic) {
  const before = await exposures(`/${row}`);
  visits.set(row, (visits.get(row) ?? 0) + 1);
  const { init, blocks, host = "127.0.0.1", shows, exposures: expected = shows === "variant" ? 1 : 0 } = hostile;
  const context = await browser.newContext();
  const errors: string[] = [];
  context.on("weberror", (error) => errors.push(`thrown: ${error.error()}`));
  context.on("console", (message) => {
    if (message.type() === "error" && !/^Failed to load (resource|module script)/.test(message.text()))
      errors.push(message.text());
  });
  if (blocks) await context.route(blocks, (route) => route.abort("blockedbyclient"));
  const page = await context.newPage();
  const read = await watchFrames(context, page);
  const look = async (path: string, isEnough: (watched: Watched) => boolean) => {
    await page.goto(`http://${host}:${ports.site}/${path}`, { waitUntil: "commit" });
    let watched: Watched | undefined;
    const see = async () => {
      watched = await read();
      return (watched && isEnough(watched)) || { watched, errors };
    };
    await expect.poll(see, { timeout: 20_000 }).toBe(true);
    return watched as unknown as Watched;
  };
  // Baseline: the time of the same page on this machine without the tag.
  const control = await look("control", ({ contents }) => contents.length > 0);
  if (init) await page.addInitScript(init);
  const shown = await look(`${row}`, ({ contents, now }) => contents.at(-1)?.[0] === TEXTS[shows] && now > LIFE_MS);
  // Check before closing: a page that may not store leaves nothing to be sent later.
  await expect.poll(async () => (await exposures(`/${row}`)) - before, { timeout: 20_000 }).toBe(expected);
  await context.close();
  return { shown, errors, controlMs: control.contents[0]?.[1] ?? Number.NaN };
}

describe.concurrent("a visitor sees the page in time, and no error, with", () => {
  const rows = HOSTILE_PAGES.map((row, index) => [row.name, index, row] as const);
  test.for(rows)("%s", async ([name, index, row], { expect }) => {
    const { shown, errors, controlMs } = await visit(index, row, expect);
    const { shows, complains = /^$/, withinMs = 1000 } = row;
    expect(errors.filter((error) => !complains.test(error))).toEqual([]);
    const texts = shown.contents.map(([text]) => text);
    expect(texts.filter((text) => text !== TEXTS.content && text !== TEXTS[shows])).toEqual([]);
    expect(shown.styles).toEqual([]);
    expect(shown.shift).toBeLessThanOrEqual(0.01);
    if (process.env.SHOW_TIMES) process.stderr.write(`${name}: ${controlMs} ${shown.contents.join(" | ")}\n`);
    const limitMs = withinMs + 3 * controlMs;
    expect(shown.contents[0]?.[1]).toBeLessThanOrEqual(limitMs);
    if (shows === "fallback") expect(shown.contents.at(-1)?.[1]).toBeLessThanOrEqual(limitMs);
  });
});

test("nobody's exposure is counted twice, or without having been shown", async () => {
  const rows = HOSTILE_PAGES.map((_, row) => row);
  const counts = await Promise.all(rows.map((row) => exposures(`/${row}`)));
  expect(rows.filter((row) => (counts[row] ?? 0) > (visits.get(row) ?? 0))).toEqual([]);
});
