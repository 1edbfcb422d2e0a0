import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { launchBrowser } from "../launch-browser.ts";
import { LIVING_PAGES, type LivingPage } from "./living-pages.ts";
import { openLivingSite } from "./living-site.ts";
import { VISITOR } from "./shop.ts";

/** Records what each frame shows in the page's placeholders. */
const WATCH = `
  window.frames_ = [];
  const text = (each) => {
    const copy = each.nodeName === "SVG" ? "" : each.innerText ?? "";
    return copy.trim().replace(/\\n+/g, "\\n");
  };
  window.texts = () => [...document.querySelectorAll("[data-exp]")].map(text);
  window.pass = async () => {
    for (let frame = 0; frame < 12; frame += 1) await new Promise(requestAnimationFrame);
  };
  (function look() {
    for (const shown of texts()) if (shown !== frames_.at(-1)) frames_.push(shown);
    requestAnimationFrame(look);
  })();`;

type Watched = { texts(): string[]; frames_: string[]; pass(): Promise<void> };

let browser: Browser;
let site: Awaited<ReturnType<typeof openLivingSite>>;

beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
  site = await openLivingSite();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

describe.concurrent("a living page shows the variant, for good, and says so once, in a first and a repeat view:", () => {
  const rows = LIVING_PAGES.map((row, at) => [row.name, at, row] as const);
  test.for(rows)("%s", { timeout: 60_000 }, async ([, at, row], { expect }) => {
    const { shows, act, afterwards = shows, holds, never = [], complains = /^$/ } = row;
    const { path, before, after } = publish(row, at);
    const context = await browser.newContext();
    const errors: string[] = [];
    context.on("weberror", (error) => errors.push(`thrown: ${error.error()}`));
    context.on("console", (message) => {
      if (message.type() === "error" && !/^Failed to load resource/.test(message.text())) errors.push(message.text());
    });
    const page = await context.newPage();
    let come: () => void = () => undefined;
    if (row.isActBetweenParts) {
      const released = new Promise<void>((resolve) => (come = resolve));
      await context.route(/\/tag-more\./, (route) => released.then(() => route.continue()));
    }
    await page.addInitScript(WATCH);
    const watched = <Result>(read: (of: Watched) => Result) =>
      page.evaluate(`(${read})(window)`).catch(() => undefined) as Promise<Result | undefined>;
    const exposures = async () => {
      const [cookie] = (await context.cookies(site.url)).filter(({ name }) => name === "fairsplit_id");
      const found: Record<string, number> = {};
      for (const { event, experiment = "", group, deviceId, path: of } of await site.stored()) {
        if (event !== "exposure" || deviceId !== cookie?.value || !(of === path || experiment === "shop_only"))
          continue;
        found[experiment] = (found[experiment] ?? 0) + (group === "A" ? 100 : 1);
      }
      return found;
    };
    const view = async (isActing: boolean, shows: readonly string[]) => {
      await page.goto(site.url + path + (row.query ?? ""));
      const isThere = () => watched(({ texts }) => texts());
      await expect.poll(isThere, { timeout: 10_000 }).toEqual(shows);
      if (isActing) {
        await expect.poll(exposures, { timeout: 10_000 }).toEqual(before);
        await page.evaluate(act as string);
        come();
        await expect.poll(isThere, { timeout: 5000 }).toEqual(afterwards);
      }
      await watched(({ pass }) => pass());
      if (act || shows.length > 0) expect(await isThere()).toEqual(isActing ? afterwards : shows);
      if (holds && (isActing || !act)) await expect.poll(() => page.evaluate(holds), { timeout: 3000 }).toBe(true);
      const frames = (await watched(({ frames_ }) => frames_)) ?? [];
      const since = frames.indexOf(shows[0] ?? "");
      expect(frames.slice(since).filter((text) => never.includes(text))).toEqual([]);
    };
    await view(act !== undefined, shows);
    await expect.poll(exposures, { timeout: 10_000 }).toEqual(after);
    await page.goto("about:blank");
    await view(false, row.again?.shows ?? shows);
    const both = Object.entries(after).map(([key, count]) => [
      key,
      count + ((row.again?.exposures ?? before)[key] ?? 0),
    ]);
    await expect.poll(exposures, { timeout: 5000 }).toEqual(Object.fromEntries(both));
    expect(errors.filter((error) => !complains.test(error))).toEqual([]);
    await context.close();
  });
});

/** Adds a row's page to the site. Returns its path, and its exposures before and after the act. */
function publish({ page, files = {}, shows, act, exposures, exposedByAct = [] }: LivingPage, at: number) {
  const isFile = page.endsWith(".html");
  const path = isFile ? `/${page}` : `/${at}`;
  let html = page;
  for (const [name, text] of Object.entries(files)) {
    site.pages.set(`/${at}${name}`, text);
    html = html.replaceAll(`"${name}"`, `"/${at}${name}"`);
  }
  if (!isFile) site.pages.set(path, html);
  const [placed] = [...page.matchAll(/data-exp(?:="|':')(\w+)/g)].map(([, key]) => `${key}`);
  const first = isFile ? (shows[0] === "New headline" ? "headline" : "tpl") : placed;
  const wanted = Object.entries(exposures ?? (first ? { [first]: 1 } : {})).filter(([, count]) => count > 0);
  const isOfAct = (key: string) =>
    exposedByAct.includes(key) ||
    (!!act && (key === "u" || key === "shop_only" || (key === "odd" && placed !== "odd")));
  return {
    path,
    before: Object.fromEntries(wanted.filter(([key]) => !isOfAct(key))) as Record<string, number>,
    after: Object.fromEntries(wanted) as Record<string, number>,
  };
}
