import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { openFirstParty } from "./first-party.ts";
import { openShop, VISITOR } from "./shop.ts";

/** Visitors of each case. */
const VISITORS = Number(process.env.FAIRSPLIT_REDIRECT_VISITORS ?? 20);
const AT_A_TIME = 6;
const SLOW_MS = 300;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser([VISITOR, "--host-resolver-rules=MAP *.shop.example 127.0.0.1"]);
});
afterAll(() => browser?.close());

interface Case {
  readonly name: string;
  /** Host of the page that the redirect leads to. */
  readonly host: string;
  /** Milliseconds until the server answers. */
  readonly slowMs?: number;
  /** The server is down from the second page on, until the visitor has arrived. */
  readonly isDown?: boolean;
}

const CASES: readonly Case[] = [
  { name: `with a server that takes ${SLOW_MS} ms`, host: "www.shop.example", slowMs: SLOW_MS },
  { name: "to another subdomain", host: "b.shop.example" },
  { name: "with a server that is down when they leave", host: "www.shop.example", isDown: true },
];

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Events that the page's browser has not delivered yet. */
const unsent = (page: Page) =>
  page
    .evaluate(`Object.keys(localStorage).filter((name) => name.startsWith('\\n{"id"')).length`)
    .catch(() => Number.NaN);

test.for(CASES)(`of ${VISITORS} visits through a redirect $name none is lost, and none counted twice`, {
  timeout: 60_000 + VISITORS * 3000,
  retry: 0,
}, async ({ host, slowMs = 0, isDown = false }) => {
  const shop = await openShop([active("redir")]);
  /** Visitors for whom the server is down. */
  const down = new Set<string>();
  const site = await openFirstParty({
    api: shop.apiUrl,
    below: "/fs",
    pages: ({ url = "" }, response) => {
      const lists = `B:http://${host}:${site.port}${url.replace(/\w+$/, "there")}`;
      const body = url.endsWith("/here") ? `<div data-exp="redir" data-exp-redirect="${lists}">here</div>` : "there";
      response.end(
        `<!doctype html><title>x</title><link rel="icon" href="data:,"><script async src="http://www.shop.example:${site.port}/fs/tag.js" data-timeout="20000" data-cookie-domain="shop.example"></script>${body}`,
      );
    },
    delay: async (path, { headers }) => {
      const visitor = /\/(v\d+)\//.exec(headers.referer ?? "")?.[1];
      if (visitor !== undefined && down.has(visitor)) throw new Error("down");
      if (!path.startsWith("/tag")) await wait(slowMs);
    },
  });
  onTestFinished(async () => {
    site.close();
    await shop.close();
  });

  /** The visitor's device, and the group of the page that it ended on. */
  const visit = async (visitor: string): Promise<readonly [device: string, group: string]> => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const at = (host: string, name: string) => `http://${host}:${site.port}/${visitor}/${name}`;
      if (isDown) {
        await page.goto(at("www.shop.example", "lobby"));
        await page.waitForFunction("localStorage.fairsplit");
        await expect.poll(() => unsent(page), { timeout: 20_000 }).toBe(0);
        down.add(visitor);
      }
      await page.goto(at("www.shop.example", "here"), { waitUntil: "commit" });
      let group: unknown;
      const isThere = async () => {
        group = await page
          .evaluate(
            `location.pathname.endsWith("there") ? "B" : window.fairsplit?.events?.find(({ event }) => event === "exposure")?.group`,
          )
          .catch(() => undefined);
        // A visitor in group B leaves for the other page.
        return group === "A" || (group === "B" && page.url().endsWith("there"));
      };
      await expect.poll(isThere, { timeout: 40_000 }).toBe(true);
      await page.waitForFunction("window.fairsplit?.events?.length");
      if (isDown) {
        expect(await unsent(page)).toBeGreaterThan(0);
        down.delete(visitor);
      }
      await expect.poll(() => unsent(page), { timeout: 40_000 }).toBe(0);
      const [cookie] = (await context.cookies()).filter(({ name }) => name === "fairsplit_id");
      return [cookie?.value ?? "", `${group}`];
    } finally {
      await context.close();
    }
  };

  const groups = new Map<string, string>();
  const visitors = Array.from({ length: VISITORS }, (_, index) => `v${index}`);
  const next = async () => {
    for (let visitor = visitors.pop(); visitor !== undefined; visitor = visitors.pop()) {
      const [device, group] = await visit(visitor);
      groups.set(device, group);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, next));
  expect(groups.size).toBe(VISITORS);
  const events = (await shop.stored()).filter(({ event }) => event === "exposure");
  const exposed = new Map(events.map(({ deviceId, group }) => [deviceId, group]));
  expect(exposed).toEqual(groups);
  expect(events).toHaveLength(VISITORS);
  const report = await fetch(`${shop.apiUrl}/api/admin/experiments/redir/results`);
  const { health } = (await report.json()) as {
    health: { split: { mismatch: boolean; groups: { observed: number }[] } };
  };
  expect(health.split.mismatch).toBe(false);
  expect(health.split.groups.reduce((sum, { observed }) => sum + observed, 0)).toBe(VISITORS);
});
