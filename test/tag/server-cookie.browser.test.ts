import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { openFirstParty } from "./first-party.ts";
import { openShop, VISITOR } from "./shop.ts";

const WEEK_S = 604_800;
/** Cuts cookies set by scripts to 7 days, as Safari does. */
const LIKE_SAFARI = `(() => {
  const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(document, "cookie", {
    get() { return get.call(document); },
    set(text) { set.call(document, text.replace("max-age=31536000", "max-age=${WEEK_S}")); },
  });
})()`;
const PLACEHOLDER = `<div data-exp="test">Old<template data-group="A">A</template><template data-group="B">B</template></div>`;

const FIRST_PARTY = `<!doctype html><title>x</title><script async data-server-cookie src="/fs/tag.js" data-timeout="15000"></script>${PLACEHOLDER}`;

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;
let apiPort: string;
let sitePort: string;
beforeAll(async () => {
  browser = await launchBrowser([
    VISITOR,
    "--host-resolver-rules=MAP *.shop.example 127.0.0.1,MAP other.example 127.0.0.1",
  ]);
  shop = await openShop([active("test")]);
  [apiPort, sitePort] = [new URL(shop.apiUrl).port, new URL(shop.siteUrl).port];
});
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

/** A visitor's window in a browser like Safari. */
async function open({ isLikeSafari = true } = {}) {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  if (isLikeSafari) await context.addInitScript(LIKE_SAFARI);
  const page = await context.newPage();
  const renewals: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.endsWith("/renew")) renewals.push(request.url());
  });
  const device = async (name = "fairsplit_id") => {
    const [cookie, ...others] = (await context.cookies()).filter((one) => one.name === name);
    expect(others).toEqual([]);
    return cookie && { ...cookie, days: Math.round((cookie.expires - Date.now() / 1000) / 86_400) };
  };
  return { context, page, device, renewals };
}

/** A page of www.shop.example, whose tag comes from ab.shop.example. */
function publish(path: string, attributes: string, body = PLACEHOLDER): string {
  shop.pages.set(
    path,
    `<script async ${attributes} src="http://ab.shop.example:${apiPort}/tag.js" data-timeout="15000"></script>${body}`,
  );
  return `http://www.shop.example:${sitePort}${path}`;
}
const SHARED = `data-server-cookie data-cookie-domain="shop.example"`;

describe("data-server-cookie in a browser that ends scripts' cookies after 7 days", () => {
  test("without it a returning visitor is another one after 7 days", async () => {
    const { page, device } = await open();
    await page.goto(publish("/without", `data-cookie-domain="shop.example"`));
    await expect.poll(device).toMatchObject({ days: 7 });
  });

  test("lets the server renew the cookie on the first and on each later view", async () => {
    const { page, device, renewals } = await open();
    const url = publish("/with", SHARED);
    await page.goto(url);
    await expect.poll(device).toMatchObject({ days: 365, domain: ".shop.example", httpOnly: false, sameSite: "Lax" });
    const first = await device();
    await page.goto(url);
    await expect.poll(() => renewals.length).toBe(2);
    await expect.poll(device).toMatchObject({ days: 365, value: first?.value });
    const reported = await shop.stored();
    expect(new Set(reported.filter(({ path }) => path === "/with").map(({ deviceId }) => deviceId))).toEqual(
      new Set([first?.value]),
    );
  });

  test("under another name, and on a page that loads the tag's other part early", async () => {
    const { page, device } = await open();
    const body = `<b data-exp="test" data-exp-class="A:a B:b">x</b>`;
    await page.goto(publish("/name", `${SHARED} data-cookie="fairsplit_shop"`, body));
    await expect.poll(() => device("fairsplit_shop")).toMatchObject({ days: 365 });
    expect(await device()).toBeUndefined();
  });

  test("below a path of the site, without a shared domain", async () => {
    const site = await openFirstParty({ api: shop.apiUrl, below: "/fs", pages: FIRST_PARTY });
    onTestFinished(() => site.close());
    const { page, device } = await open();
    await page.goto(`http://www.shop.example:${site.port}/path`);
    await expect.poll(device).toMatchObject({ days: 365, domain: "www.shop.example" });
    await expect.poll(shop.heard).toContain("exposure /path");
    expect(site.asked.map((url) => url.replace(/[?].*|(?<=more)\.\w+/g, ""))).toEqual(
      expect.arrayContaining(["/fs/tag.js", "/fs/tag-more.js", "/fs/groups", "/fs/renew", "/fs/notes"]),
    );
  });

  test("asks nothing before consent, and at once with it", async () => {
    const { page, device, renewals } = await open();
    await page.goto(publish("/consent", `${SHARED} data-consent="required"`));
    await page.waitForFunction("window.fairsplit?.ready");
    await page.waitForTimeout(300);
    expect([renewals, await device()]).toEqual([[], undefined]);
    await page.evaluate("fairsplit.consent(true)");
    await expect.poll(device).toMatchObject({ days: 365 });
  });

  test("does not bring the cookie of a visitor back who is forgotten while the server answers", async () => {
    const { context, page, device } = await open();
    let isForgotten = false;
    const site = await openFirstParty({
      api: shop.apiUrl,
      below: "/fs",
      pages: FIRST_PARTY,
      delay: (path) => (path.startsWith("/renew") ? forget() : undefined),
    });
    onTestFinished(() => site.close());
    const forget = async () => {
      await page.evaluate("fairsplit.forget()");
      isForgotten = (await device()) === undefined;
    };
    const answered = page.waitForEvent("requestfinished", (request) => request.url().includes("/renew"));
    await page.goto(`http://www.shop.example:${site.port}/forgotten`);
    const headers = await (await (await answered).response())?.allHeaders();
    expect([isForgotten, headers?.["set-cookie"]]).toEqual([true, expect.stringContaining("fairsplit_id=")]);
    await expect.poll(() => context.cookies()).toEqual([]);
  });

  test("does nothing where tag and page are not of one site", async () => {
    const { page, device } = await open();
    publish("/elsewhere", SHARED.replace("shop.example", ""));
    const answered = page.waitForResponse("**/renew?*");
    await page.goto(`http://other.example:${sitePort}/elsewhere`);
    expect((await (await answered).allHeaders())["set-cookie"]).toBeUndefined();
    await expect.poll(device).toMatchObject({ days: 7, domain: "other.example" });
  });
});
