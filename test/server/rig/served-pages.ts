import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, onTestFinished } from "vitest";
import { problemsOf } from "../../accessibility.ts";
import type { openDemoApp } from "../../demo/demo-app.ts";
import { launchBrowser } from "../../launch-browser.ts";

type App = Pick<Awaited<ReturnType<typeof openDemoApp>>["app"], "fetch">;

async function listen({ fetch }: App): Promise<{ server: ServerType; origin: string }> {
  const server = await new Promise<ServerType>((resolve) => {
    const listening = serve({ fetch, hostname: "127.0.0.1", port: 0 }, () => resolve(listening));
  });
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Address of another app, served until the test ends. */
export async function originOf(app: App): Promise<string> {
  const { server, origin } = await listen(app);
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    // The test's page is still open: Node does not treat an unused connection that its browser
    // holds as idle.
    if ("closeAllConnections" in server) server.closeAllConnections();
    await closed;
  });
  return origin;
}

/**
 * An app with a server and a browser for the tests of a file. Each test fails on console errors of
 * its pages.
 */
export function servePages(
  open: () => ReturnType<typeof openDemoApp>,
  prepare: (demo: Awaited<ReturnType<typeof openDemoApp>>) => Promise<void> = async () => {},
  browserArgs: readonly string[] = [],
) {
  const served = {} as {
    demo: Awaited<ReturnType<typeof openDemoApp>>;
    origin: string;
    browser: Browser;
  };
  let server: ServerType;
  let complaints: string[] = [];

  beforeAll(async () => {
    const launch = launchBrowser(browserArgs);
    served.demo = await open();
    await prepare(served.demo);
    const listening = await listen(served.demo.app);
    server = listening.server;
    served.origin = listening.origin;
    served.browser = await launch;
  });
  afterEach(() => {
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await served.browser?.close();
    await new Promise((resolve) => server.close(resolve));
    expect(served.demo.errors).toEqual([]);
    await served.demo.close();
  });

  const openPage = async (path: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await served.browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      // Ignore messages about error statuses: browsers report every one, also of pages under test.
      const isStatus = /the server responded with a status of 4\d\d/.test(message.text());
      if (message.type() === "error" && !isStatus) complaints.push(message.text());
    });
    await page.goto(`${served.origin}${path}`);
    return page;
  };
  return {
    served,
    openPage,
    /** Collects console errors that a test causes on purpose, so that they are allowed. */
    expectComplaints(about: RegExp) {
      expect(complaints.filter((complaint) => about.test(complaint))).not.toEqual([]);
      complaints = complaints.filter((complaint) => !about.test(complaint));
    },
    /** Accessibility problems of a page; also takes a screenshot where a folder is named. */
    async expectGood(page: Page, name: string) {
      const folder = process.env.SCREENSHOTS;
      const look = async (how: string) => {
        if (folder) await page.screenshot({ path: `${folder}/${name}-${how}.png`, fullPage: true });
      };
      expect(await problemsOf(page, look)).toEqual([]);
    },
  };
}
