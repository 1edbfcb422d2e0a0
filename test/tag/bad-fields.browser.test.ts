import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../launch-browser.ts";
import { openShop, VISITOR } from "./shop.ts";

// A purchase whose page says something that cannot be stored as it is.

interface Case {
  readonly name: string;
  /** Runs in the page: reports the purchase. */
  readonly script: string;
  /** Its fields as the server stores them. */
  readonly stored: Readonly<Record<string, unknown>>;
  readonly path?: string;
}

const track = (params: string, value = "12.5") => `fairsplit.push(["track", "buy", ${params}, ${value}])`;
const CYCLE = "const cycle = {}; cycle.self = cycle; ";
const GOOD = { params: { plan: "pro" }, value: 12.5 };

const CASES: readonly Case[] = [
  { name: "nothing wrong", script: track('{ plan: "pro" }'), stored: GOOD },
  {
    name: "a path of 1,101 characters",
    path: `/${"a".repeat(1100)}`,
    script: track('{ plan: "pro" }'),
    stored: { ...GOOD, dropped: ["path"] },
  },
  {
    name: "a path of 120 Japanese letters",
    path: `/${encodeURIComponent("あ".repeat(120))}`,
    script: track('{ plan: "pro" }'),
    stored: { ...GOOD, dropped: ["path"] },
  },
  { name: "a value that is text", script: track('{ plan: "pro" }', '"12.50"'), stored: GOOD },
  ...["NaN", "null", "{}", '"12,50"', "Symbol()"].map((value) => ({
    name: `a value that is ${value}`,
    script: track('{ plan: "pro" }', value),
    stored: { params: { plan: "pro" } },
  })),
  {
    name: "a value that holds itself",
    script: CYCLE + track('{ plan: "pro", note: cycle }', "cycle"),
    stored: { params: { plan: "pro" }, dropped: ["params.note"] },
  },
  ...["() => 1", "new Map()", "[[1]]", "1e400", '"1,5"', '"١٢"', '"\\ud800"', "document"].map((value) => ({
    name: `a value and a param that are ${value}`,
    script: track(`{ plan: "pro", note: ${value} }`, value),
    stored: { params: expect.objectContaining({ plan: "pro" }) },
  })),
  {
    name: "a value and a param that no recursion can list",
    script: `let deep = {}; for (let i = 0; i < 20000; i++) deep = { deep }; ${track('{ plan: "pro", note: deep }', "deep")}`,
    stored: { params: { plan: "pro" }, dropped: ["params.note"] },
  },
  {
    name: "params with names that objects have",
    script: track(`JSON.parse('{"plan":"pro","__proto__":{"a":1},"constructor":"x"}')`),
    stored: { value: 12.5, params: expect.objectContaining({ plan: "pro", constructor: "x" }) },
  },
  { name: "a value that is 7n", script: track('{ plan: "pro" }', "7n"), stored: { ...GOOD, value: 7 } },
  { name: "params that are JSON as text", script: track(`'{"plan":"pro"}'`), stored: GOOD },
  ...['"pro"', '["pro"]', "7", "true"].map((params) => ({
    name: `params that are ${params}`,
    script: track(params),
    stored: { value: 12.5, params: {}, dropped: ["params"] },
  })),
  {
    name: "a param of 1.1 kB",
    script: track('{ plan: "pro", note: "x".repeat(1100) }'),
    stored: { value: 12.5, params: { plan: "pro", note: "x".repeat(1024) }, dropped: ["params.note"] },
  },
  {
    name: "a param with NUL",
    script: track('{ plan: "pro", note: "a\\0b" }'),
    stored: { value: 12.5, params: { plan: "pro", note: "a\ufffdb" }, dropped: ["params.note"] },
  },
  {
    name: "a param that holds itself",
    script: CYCLE + track('{ plan: "pro", note: cycle, last: 1 }'),
    stored: { value: 12.5, params: { plan: "pro", last: 1 }, dropped: ["params.note"] },
  },
  {
    name: "a param that is an element of the page",
    script: `document.body.owner = document.body; ${track('{ plan: "pro", note: document.body }')}`,
    stored: { value: 12.5, params: { plan: "pro" }, dropped: ["params.note"] },
  },
  {
    name: "a param that throws",
    script: track('{ plan: "pro", get note() { throw 1; } }'),
    stored: { value: 12.5, params: { plan: "pro" }, dropped: ["params.note"] },
  },
  {
    name: "params that are a revoked proxy, such as a draft of Immer's",
    script: `const draft = Proxy.revocable({ plan: "pro" }, {}); draft.revoke(); ${track("draft.proxy")}`,
    stored: { value: 12.5, params: {} },
  },
  {
    name: "a param that is a revoked proxy",
    script: `const draft = Proxy.revocable({}, {}); draft.revoke(); ${track('{ plan: "pro", note: draft.proxy }')}`,
    stored: { value: 12.5, params: { plan: "pro" }, dropped: ["params.note"] },
  },
  {
    name: "a param that is 7n",
    script: track('{ plan: "pro", note: 7n }'),
    stored: { value: 12.5, params: { plan: "pro", note: "7" } },
  },
  {
    name: "a name of 101 characters",
    script: `fairsplit.push(["track", "buy".padEnd(101, "x"), { plan: "pro" }, 12.5])`,
    stored: { ...GOOD, event: "buy".padEnd(100, "x"), dropped: ["event"] },
  },
  {
    name: "data-exp-params that is text",
    script: `document.body.insertAdjacentHTML("beforeend", '<b data-exp-click="buy" data-exp-params="&quot;pro&quot;">x</b>');
      setTimeout(() => document.querySelector("b").click(), 100)`,
    stored: { params: {}, dropped: ["params"] },
  },
  {
    name: "data-exp-params that is no JSON",
    script: `document.body.insertAdjacentHTML("beforeend", '<b data-exp-click="buy" data-exp-params="{plan">x</b>');
      setTimeout(() => document.querySelector("b").click(), 100)`,
    stored: { params: {} },
  },
  {
    name: "toJSON of arrays patched by the page",
    script: `Array.prototype.toJSON = () => "patched"; ${track('{ plan: "pro", list: ["a"] }')}`,
    stored: { value: 12.5, params: { plan: "pro", list: ["a"] } },
  },
  {
    name: "toJSON of everything patched by the page",
    script: `Object.prototype.toJSON = () => "patched"; ${track('{ plan: "pro" }')}`,
    stored: GOOD,
  },
  {
    name: "toJSON of dates patched by the page",
    script: `Date.prototype.toJSON = () => "patched"; ${track('{ plan: "pro", on: new Date(0) }')}`,
    stored: { value: 12.5, params: { plan: "pro", on: "1970-01-01T00:00:00.000Z" }, ts: expect.stringMatching(/^20/) },
  },
  {
    name: "a param that is no date",
    script: track('{ plan: "pro", on: new Date("x") }'),
    stored: { value: 12.5, params: { plan: "pro" }, dropped: ["params.on"] },
  },
];

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;

beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
  shop = await openShop([]);
});
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

describe.concurrent.each([
  ["before the tag's other part has come", true],
  ["with both parts of the tag", false],
])("a purchase is stored %s, with", (_, isBetween) => {
  test.for(CASES.map((row) => [row.name, row] as const))("%s", async ([name, row], { expect }) => {
    const { script, stored, path = `/${encodeURIComponent(name)}` } = row;
    const page = `${path}${isBetween ? "1" : "2"}`;
    shop.pages.set(
      page,
      `<script>window.fairsplit = []; const run = () => { ${script} };${isBetween ? "addEventListener('load', run)" : ""}</script>
       <script async src="{api}/tag.js"></script><body>`,
    );
    const context: BrowserContext = await browser.newContext();
    if (isBetween) await context.route(/\/tag-more\./, () => undefined);
    const opened = await context.newPage();
    const arrived = opened.waitForResponse(/\/tag-more\./).catch(() => undefined);
    await opened.goto(shop.siteUrl + page);
    if (!isBetween) {
      await arrived;
      await opened.evaluate("run()");
    }
    const device = async () =>
      (await context.cookies(shop.siteUrl)).find((cookie) => cookie.name === "fairsplit_id")?.value;
    const purchase = async () => {
      const id = await device();
      const found = (await shop.stored()).find(({ event, deviceId }) => event.startsWith("buy") && deviceId === id);
      return found && Object.fromEntries(Object.keys(stored).map((field) => [field, found[field]]));
    };
    await expect.poll(purchase, { timeout: 10_000 }).toEqual(stored);
    await context.close();
  });
});
