import { within } from "./after-running.ts";
import { clickOn, openBrowserTab } from "./browser-tab.ts";
import { type Browser, BrowserEnded } from "./cdp.ts";
import type { Click, Decide, Driver, Visit } from "./driver.ts";
import { type FailuresFolder, reasonsOf } from "./failures.ts";
import { followVisit } from "./follow-visit.ts";
import { type Instructions, REPORT, SEED, visitInPage } from "./in-page.ts";
import { listenToReports } from "./page-reports.ts";
import { presetConfig, UNHURRIED_MS } from "./preset-config.ts";
import { readPage, type Seen } from "./read-page.ts";
import { seedWords } from "./seed.ts";
import { lostBrowser, startBrowser } from "./start-browser.ts";

/** Timeout for the page's answer from the server. */
const PAGE_PATIENCE_MS = 15_000;
/**
 * Timeout for the page's report to the simulator, which comes after 15 s at the latest unless the
 * machine is busy: then a page was once seen to take more than 12 s.
 */
const REPORT_PATIENCE_MS = 30_000;

const SCREENSHOT_PATIENCE_MS = 5000;

export interface BrowserDriverOptions {
  readonly executable: string;
  readonly url: string;
  /**
   * True if the simulator started the server: only then may the browser run without its sandbox.
   */
  readonly isOwnServer?: boolean;
  readonly seed: string;
  /** Number of concurrent visitors. */
  readonly concurrency: number;
  /** Sent with every `fetch` from the page to its own server. */
  readonly headers: Readonly<Record<string, string>>;
  /** Keeps screenshots of failing visits. */
  readonly failures?: FailuresFolder | null;
}

/**
 * Sends visitors with a real browser. For each visitor the browser context is cleared, not
 * replaced: that is 2.5 times as fast. No state (cookie, storage, cache, service worker, window
 * name) may leak from one visitor to the next.
 */
export async function openBrowserDriver(options: BrowserDriverOptions): Promise<Driver> {
  const browser = await startBrowser(options.executable, options.isOwnServer ?? false, {
    isForMany: !options.failures,
  });
  const idle: Tab[] = [];
  const keepScreenshot = async (tab: Tab, index: number) => {
    const { failures } = options;
    if (!failures?.wantsScreenshot()) return;
    // A page that hangs has none.
    const png = await tab.screenshot().catch(() => null);
    if (png) await failures.keepScreenshot(index, png);
  };
  return {
    async visit(index, decide) {
      let tab = idle.pop();
      try {
        tab ??= await openTab(browser, options);
        const visit = await tab.visit(index, decide);
        if (reasonsOf(visit).length > 0) await keepScreenshot(tab, index);
        await tab.wipe();
        idle.push(tab);
        return visit;
      } catch (error) {
        if (error instanceof BrowserEnded) throw lostBrowser(options.executable, error);
        if (tab) await keepScreenshot(tab, index);
        // Close the context: the next visitor must not inherit its state.
        await tab?.close().catch(() => undefined);
        return { index, seen: null, clicks: [], errors: [(error as Error).message] };
      }
    },
    close: () => browser.close(),
  };
}

interface Tab {
  screenshot(): Promise<Buffer>;
  visit(index: number, decide: Decide): Promise<Visit>;
  wipe(): Promise<void>;
  close(): Promise<void>;
}

async function openTab(browser: Browser, { url, seed, headers }: BrowserDriverOptions): Promise<Tab> {
  const tab = await openBrowserTab(browser);
  const { page } = tab;
  const instructions: Instructions = {
    report: REPORT,
    seed: SEED,
    patienceMs: PAGE_PATIENCE_MS,
    timeoutMs: UNHURRIED_MS,
    headers,
  };
  let seedScript: string | undefined;
  let historyLength = 1;

  const late = "the page did not report in time";
  const [report] = await Promise.all([
    listenToReports<Seen>(page, { name: REPORT, patienceMs: REPORT_PATIENCE_MS, late }),
    page.send("Page.addScriptToEvaluateOnNewDocument", {
      source: `(${visitInPage})(${JSON.stringify(instructions)},${readPage},${followVisit},${presetConfig})`,
    }),
  ]);

  return {
    async visit(index, decide) {
      tab.takeErrors();
      if (seedScript) void page.send("Page.removeScriptToEvaluateOnNewDocument", { identifier: seedScript });
      const source = `window.${SEED}?.(${JSON.stringify(seedWords(seed, index))})`;
      const added = page.send<{ identifier: string }>("Page.addScriptToEvaluateOnNewDocument", { source });
      const seen = await report(async () => {
        const { errorText } = await page.send<{ errorText?: string }>("Page.navigate", { url });
        if (errorText) throw new Error(`${url}: ${errorText}`);
      });
      seedScript = (await added).identifier;
      ({ historyLength } = seen);
      const clicks = decide(seen);
      let { acknowledged } = seen;
      for (const click of clicks) {
        const after = await report(() => clickOn(page, selectorOf(click)));
        acknowledged &&= after.acknowledged;
      }
      return { index, seen: { ...seen, acknowledged }, clicks, errors: tab.takeErrors() };
    },
    async screenshot() {
      const taken = page.send<{ data: string }>("Page.captureScreenshot", { format: "png" });
      const { data } = await within(SCREENSHOT_PATIENCE_MS, taken, new Error("no answer in time"));
      return Buffer.from(data, "base64");
    },
    async wipe() {
      await Promise.all([
        // Clears every origin of the context, including those of frames; cookies too.
        page.send("Storage.clearDataForOrigin", { origin: "*", storageTypes: "all" }),
        page.send("Network.clearBrowserCache"),
        ...(historyLength > 2 ? [page.send("Page.resetNavigationHistory")] : []),
      ]);
    },
    close: () => tab.close(),
  };
}

function selectorOf({ experiment, event }: Click): string {
  const clickable = `[data-exp-click=${JSON.stringify(event)}]`;
  const placeholder = `[data-exp=${JSON.stringify(experiment)}]`;
  return experiment === ""
    ? `${clickable}:not([data-exp], [data-exp] *)`
    : `${placeholder} ${clickable}, ${placeholder}${clickable}`;
}
